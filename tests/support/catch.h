// SPDX-License-Identifier: MIT
// The only place that names Catch2's header, but for the list of precompiled ones (tests/CMakeLists.txt), so that a
// move to another major version is two edits.
#pragma once
#include <catch2/catch.hpp>
