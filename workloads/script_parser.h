// SPDX-License-Identifier: MIT
// Reads a list of operations. The grammar, with | for choice, [] for may be left out, {} for any number of times:
//   list    = statement { (";" | line's end | item's end) statement }
//   statement = ("load" | "store" | "fetch" | "touch") range ["part" number]
//             | "access" range ["part" number] [number] pattern [number "%"] ["x" number]
//             | ("munmap" | "mmap" | "dontneed" | "zero_read" | "madv_free" | "clear_refs" | "discard" |
//                "reclaim_anon" | "protnone" | "migrate" | "migrate_vma" | "gup" | "demote") range ["by" number]
//             | "ksm_merge" range range                        (of as many pages)
//             | "mprotect" range rights ["by" number] | "mremap" range name
//             | ("unmap_mapping" | "truncate" | "writeback" | "reclaim") range ["by" number]     (of a file)
//             | "fork" task | "barrier" name | "think" [number] | "delay" [number] | "yield" | "exit"
//             | "repeat" number "{" list "}"
//   range   = name ["+" number | "[" number [".." number] "]"]     (the last page is included)
//   rights  = "r" | "rw" | "rx" | "rwx"        pattern = "sequential" | "uniform" | "zipf" | "chase"
#pragma once

#include "workloads/draft.h"
#include "workloads/script_text.h"

namespace mmulab::workload {

inline constexpr std::size_t repeat_depth_max = 7;

/// The names of all operations, in the order of the grammar.
const std::vector<std::string>& operation_names();
/// The pattern of that name; the name is known.
Pattern pattern_named(const std::string& name);
const std::vector<std::string>& pattern_names();

/// Appends what is wrong to `problems`; goes on with the next statement. Adds the barriers that it meets to the
/// draft.
std::vector<Statement> parse_script(const ScriptText& script, Draft& draft, Problems& problems);

}  // namespace mmulab::workload
