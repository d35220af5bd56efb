// SPDX-License-Identifier: MIT
#include "sim/cli/configured_work.h"

#include <algorithm>
#include <new>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "sim/cli/interrupt.h"
#include "sim/config/diagnostic.h"

namespace mmulab::cli {

ChildReply reply_of(const std::function<std::string()>& work) {
  try {
    return {exit_clean, work()};
  } catch (const config::Error& error) {
    return {exit_usage, error.problems().front().message};
  } catch (const std::bad_alloc&) {
    return {exit_internal, out_of_memory};
  } catch (const std::exception& error) {
    return {exit_internal, error.what()};
  } catch (...) {
    return {exit_internal, "an exception of unknown type"};
  }
}

WorkResult result_of(const ChildEnd& end) {
  if (!end.exited) return {WorkResult::Kind::failed, end.trouble};
  const auto& [code, text] = end.reply;
  if (code == exit_clean) return {WorkResult::Kind::made, text};
  return {code == exit_usage ? WorkResult::Kind::refused : WorkResult::Kind::failed,
          text.empty() ? fmt::format("its process ended with exit code {}", code) : text};
}

ChildOptions child_options(const Arguments& arguments, Streams& streams, std::size_t count, const std::string& what) {
  ChildOptions options;
  options.jobs = arguments.number("jobs").value_or(std::max(1U, std::thread::hardware_concurrency()));
  options.interrupt = &InterruptGuard::flag();
  if (streams.err_is_terminal)
    options.on_done = [&streams, count, what](std::size_t done) {
      streams.err << fmt::format("\r{} of {} {}", done, count, what) << (done == count ? "\n" : "") << std::flush;
    };
  return options;
}

}  // namespace mmulab::cli
