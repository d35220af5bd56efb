// SPDX-License-Identifier: MIT
// The only place that names Catch2's header, so that a move to another major version is one edit.
#pragma once
#include <catch2/catch.hpp>
