// SPDX-License-Identifier: MIT
#include "models/radix/pte_ops.h"

#include "models/radix/pte_bits.h"
#include "sim/events/stream.h"

namespace mmulab::radix {
namespace {

const Label& label_of(PteAction action, const PteLabels& labels) {
  switch (action) {
    case PteAction::clear: return labels.clear;
    case PteAction::clear_full: return labels.clear_full;
    case PteAction::wrprotect: return labels.wrprotect;
    case PteAction::set: return labels.set;
    case PteAction::modify_start: return labels.modify_start;
    case PteAction::modify_commit: return labels.modify_commit;
    case PteAction::young: return labels.young;
    case PteAction::access_flags: return labels.access_flags;
  }
  return labels.set;
}

Pte changed(Pte old, const PteRequest& request) {
  switch (request.action) {
    case PteAction::clear:
    case PteAction::clear_full:
    case PteAction::modify_start: return Pte{};
    case PteAction::wrprotect: return old.without(pte_write);
    case PteAction::young: return old.without(pte_accessed);
    case PteAction::set:
    case PteAction::modify_commit: return request.value;
    case PteAction::access_flags: return request.value.has(pte_dirty) ? request.value : old;
  }
  return old;
}

}  // namespace

Pte change_pte(Context& ctx, const PteRequest& request, const PteLabels& labels) {
  return ctx.step(label_of(request.action, labels), writes(request.ptep), [&](Access& a) {
    const Pte old = a.read(request.ptep);
    const Pte now = changed(old, request);
    if (now == old) return old;
    a.write(request.ptep, now);
    Event event{EventKind::pte_stored};
    event.mm = request.mm;
    event.page = request.page;
    event.location = request.ptep.at;
    event.a = old.raw();
    event.b = now.raw();
    emit(a, event);
    return old;
  });
}

}  // namespace mmulab::radix
