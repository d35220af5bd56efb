// SPDX-License-Identifier: MIT
#pragma once

#include "sim/cli/configured_work.h"
#include "sim/config/load.h"
#include "sim/results/matrix_result.h"

namespace mmulab::cli {

Options& add_matrix(Options& options);
/// Explores a configuration, in a child: a reply for fill_cell.
ChildReply explore_in_child(const config::Values& values, const std::string& name);
void fill_cell(MatrixCell& cell, const ChildEnd& end);
/// `check --matrix`. `overrides`: of every cell.
int check_matrix(const Arguments& arguments, const config::Overrides& overrides, Streams& streams);

}  // namespace mmulab::cli
