// SPDX-License-Identifier: MIT
// What the tasks of the whole systems do, under any machine, kernel and strategy.
#pragma once

namespace mmulab::test {

/// Tasks that outnumber their cpus, two address spaces, ticks, preemption: what a scheduler sees.
constexpr const char* crowd = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 4
[[workload.region]]
name = "heap"
pages = 80
straddle = true
[[workload.region]]
name = "device"
kind = "pfnmap"
pages = 4
[[workload.region]]
name = "file"
kind = "file_shared"
pages = 40
[[workload.region]]
name = "other"
pages = 8
mm = 1
[[workload.task]]
name = "first"
cpu = 0
ops = ["store heap", "load file", "store file", "think", "fork child", "mprotect heap r", "think", "mprotect heap rw",
       "munmap heap[40..79] by 8", "store heap[0..1]", "dontneed heap[0..39]", "mmap heap[40..79]", "yield"]
[[workload.task]]
name = "second"
cpu = 1
ops = ["store heap[0..60]", "load file", "think", "dontneed heap[0..60]", "zero_read heap[0..9]", "unmap_mapping file",
       "load heap[0..60]"]
[[workload.task]]
name = "third"
mm = 1
cpu = 0
ops = ["store other", "think 2000", "load other", "yield"]
[[workload.task]]
name = "fourth"
mm = 1
cpu = 1
ops = ["repeat 20 { store other; think }"]
[[workload.task]]
name = "child"
cpu = 1
ops = ["load heap[0..9]", "store heap[0..9]", "yield"]
[[workload.task]]
name = "fifth"
mm = 1
cpu = 0
ops = ["load other; think; load other"]
)";

/// Four cpus that fault on the same pages at once, while one of them takes the pages away.
constexpr const char* storm = R"([workload]
kind = "script"
rounds = 12
[[workload.region]]
name = "heap"
pages = 24
[[workload.region]]
name = "mine"
pages = 24
[[workload.task]]
name = "a"
cpu = 0
ops = ["barrier start", "store heap", "barrier again", "dontneed heap", "dontneed mine"]
[[workload.task]]
name = "b"
cpu = 1
ops = ["barrier start", "store heap", "barrier again", "think 300", "repeat 4 { load heap }", "dontneed heap"]
[[workload.task]]
name = "c"
cpu = 2
ops = ["barrier start", "store heap", "store mine", "barrier again", "repeat 4 { load heap[0..11]; load heap[0..11] }"]
[[workload.task]]
name = "d"
cpu = 3
ops = ["barrier start", "load heap", "store heap", "barrier again", "dontneed mine", "repeat 4 { store heap }"]
)";

/// A file in two address spaces, and what the kernel does to its pages; tasks that wait for one page's lock in a row.
constexpr const char* filers = R"([workload]
kind = "script"
think_cycles_max = 300
rounds = 6
[[workload.region]]
name = "log"
kind = "file_shared"
pages = 6
[[workload.region]]
name = "copy"
kind = "file_private"
file = "log"
pages = 6
[[workload.region]]
name = "device"
kind = "pfnmap"
pages = 2
[[workload.region]]
name = "theirs"
kind = "file_shared"
file = "log"
pages = 6
mm = 1
[[workload.region]]
name = "new"
pages = 4
mapped = false
[[workload.region]]
name = "table"
kind = "file_shared"
pages = 4
first_page = 32
[[workload.region]]
name = "hole"
pages = 4
first_page = 36
mapped = false
[[workload.task]]
name = "a"
cpu = 0
ops = ["load log; store log; store device; think; store copy+1; dontneed log[0..2]; mprotect log r; mprotect log rw",
       "repeat 8 { store log+0 }", "truncate device; reclaim log; munmap copy[2..3]; mmap copy[2..3];",
       "mremap log[1..2] new; load new; mremap new[1] log; store table",
       "mremap table hole; load hole; mremap hole table"]
[[workload.task]]
name = "b"
cpu = 0
ops = ["repeat 6 { writeback log; yield }", "store device; reclaim log; truncate log[3..4]"]
[[workload.task]]
name = "c"
cpu = 1
mm = 1
ops = ["repeat 6 { store theirs; writeback log+0; think }", "unmap_mapping log"]
[[workload.task]]
name = "d"
cpu = 1
mm = 1
ops = ["repeat 6 { store theirs+0; writeback log; yield }", "truncate log+5"]
[[workload.task]]
name = "flusher"
cpu = 1
kthread = true
ops = ["writeback log; yield"]
)";

/// Address spaces that take turns on one cpu.
constexpr const char* forks = R"([workload]
kind = "script"
[[workload.region]]
name = "heap"
pages = 4
[[workload.task]]
name = "parent"
cpu = 0
ops = ["store heap", "fork first", "yield", "store heap", "fork second", "yield", "store heap", "yield", "load heap"]
[[workload.task]]
name = "neighbour"
cpu = 1
ops = ["repeat 9 { load heap; think 9000 }"]
[[workload.task]]
name = "first"
cpu = 0
ops = ["load heap", "yield", "store heap", "yield", "load heap"]
[[workload.task]]
name = "second"
cpu = 0
ops = ["store heap", "yield", "load heap"]
)";

/// More address spaces than ASIDs.
constexpr const char* turns = R"([workload]
kind = "script"
rounds = 6
[[workload.region]]
name = "zero"
pages = 2
[[workload.region]]
name = "one"
pages = 2
mm = 1
[[workload.region]]
name = "two"
pages = 2
mm = 2
[[workload.region]]
name = "three"
pages = 2
mm = 3
[[workload.region]]
name = "four"
pages = 2
mm = 4
[[workload.task]]
name = "a"
cpu = 0
ops = ["store zero; yield; await turn; wake turn; dontneed zero"]
[[workload.task]]
name = "b"
cpu = 0
mm = 1
warmup = ["load one"]
ops = ["store one; yield; load one"]
[[workload.task]]
name = "c"
cpu = 0
mm = 2
ops = ["store two; yield; load two"]
[[workload.task]]
name = "d"
cpu = 1
mm = 3
ops = ["store three; yield; load three"]
[[workload.task]]
name = "e"
cpu = 1
mm = 4
ops = ["store four; yield; dontneed four"]
[[workload.task]]
name = "f"
cpu = 1
ops = ["load zero; yield; sleep turn; load zero"]
)";

/// What kernel threads do to pages behind their owner's back, each thing while others go on.
constexpr const char* movers = R"([workload]
kind = "script"
rounds = 6
[[workload.region]]
name = "heap"
pages = 24
straddle = true
[[workload.region]]
name = "twin"
pages = 4
[[workload.task]]
name = "user"
cpu = 0
ops = ["barrier round", "store heap", "store twin", "madv_free heap[12..15]",
       "repeat 30 { load heap; store heap[0..7]; store heap[16..23] }", "fork child", "store heap",
       "dontneed heap[20..23]"]
[[workload.task]]
name = "mover"
cpu = 1
ops = ["barrier round", "think 3000", "migrate heap[0..5]", "migrate_vma heap[4..9]", "protnone heap[0..7]",
       "think 2000", "migrate_vma heap", "clear_refs heap[0..11]", "protnone heap", "load heap[0..1]"]
[[workload.task]]
name = "reclaimer"
cpu = 2
ops = ["barrier round", "think 3000", "store heap[12..13]", "reclaim_anon heap[8..19]", "discard heap[8..19]",
       "ksm_merge twin[0..1] twin[2..3]", "store twin[2..3]", "reclaim_anon heap", "migrate heap",
       "mprotect heap r", "mprotect heap rw"]
[[workload.task]]
name = "giver"
cpu = 3
ops = ["barrier round", "think 3000", "madv_free heap[8..19]", "dontneed heap[0..3]", "discard heap",
       "reclaim_anon heap[0..15]", "dontneed heap[8..15]", "madv_free heap"]
[[workload.task]]
name = "child"
cpu = 3
ops = ["load heap", "store heap[0..7]"]
)";

/// Walks without locks, over page tables that come and go.
constexpr const char* pinners = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 40
[[workload.region]]
name = "heap"
pages = 8
[[workload.region]]
name = "other"
pages = 4
[[workload.region]]
name = "file"
kind = "file_shared"
shares_tables = true
pages = 4
[[workload.region]]
name = "theirs"
kind = "file_shared"
file = "file"
shares_tables = true
pages = 4
mm = 1
[[workload.task]]
name = "giver"
cpu = 0
ops = ["store heap; think; munmap heap; mmap heap; think", "gup heap[0..1]; munmap other; mmap other",
       "store file; dontneed file; load file; munmap file; mmap file"]
[[workload.task]]
name = "pinner"
cpu = 1
ops = ["repeat 4 { gup heap; think }", "load other; gup other; munmap heap; mmap heap; load file; gup file"]
[[workload.task]]
name = "sharer"
cpu = 1
mm = 1
ops = ["load theirs; think; store theirs; munmap theirs; mmap theirs; yield"]
)";

/// More page tables than there are, given back before their grace periods are over.
constexpr const char* giver = R"([workload]
kind = "script"
rounds = 60
[[workload.region]]
name = "heap"
pages = 4
[[workload.task]]
name = "giver"
cpu = 0
ops = ["load heap; munmap heap; mmap heap"]
)";

/// Huge pages beside others; a cpu has loaded the segment before it was huge.
constexpr const char* huge = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 8
[[workload.region]]
name = "heap"
pages = 8
[[workload.region]]
name = "big"
pages = 3
huge_pages = true
mapped = false
[[workload.region]]
name = "read_only"
rights = "r"
pages = 1
huge_pages = true
first_page = 196608
[[workload.task]]
name = "mapper"
cpu = 0
ops = ["store heap; load big; mmap big; store big; load read_only; think; dontneed big[1..2]; load big", "munmap big"]
[[workload.task]]
name = "other"
cpu = 1
ops = ["load big; store heap; think; store big; load read_only; access big 40 uniform 50% x 8; dontneed heap"]
)";

/// Pages that come to be hashed in parts while another cpu uses them, beside huge ones.
constexpr const char* demotion = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 6
[[workload.region]]
name = "heap"
pages = 6
[[workload.region]]
name = "big"
pages = 1
huge_pages = true
[[workload.task]]
name = "demoter"
cpu = 0
warmup = ["store heap; store big; barrier hashed"]
ops = ["demote heap; store heap part 1; load heap part 15; think; mprotect heap r; think; mprotect heap rw",
       "store heap part 1; dontneed heap[0..2]; store heap part 2; munmap heap[3..5]; mmap heap[3..5]; dontneed big"]
[[workload.task]]
name = "other"
cpu = 1
warmup = ["load heap; load big; barrier hashed"]
ops = ["load heap; store heap part 3; think; access heap 60 uniform 50% x 8; store big; fetch heap part 1"]
)";

}  // namespace mmulab::test
