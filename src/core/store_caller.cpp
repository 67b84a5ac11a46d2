#include "core/store_caller.hpp"

namespace delivery::core {

store_caller::store_caller(surroundings around) : store_caller(std::move(around), limits{}) {}

store_caller::store_caller(surroundings around, limits bounds)
    : around_(std::move(around)), limits_(bounds), random_(around_.draw_seed()) {}

bool store_caller::may_retry(const ports::store_error& failure, int attempt, ports::duration pause,
                             ports::instant deadline) const {
    return failure.is_worth_retry() && attempt < limits_.attempts &&
           around_.clock.monotonic() + pause < deadline;
}

void store_caller::note_retry(ports::store_operation operation, const ports::store_error& failure) {
    around_.metrics.store_retried();
    around_.logger.debug("store call is tried again",
                         {{"operation", to_string(operation)}, {"error", std::string_view(failure.what())}});
}

ports::store_error store_caller::worst_of(const ports::store_error& failure, bool outcome_unknown) {
    if (!outcome_unknown || !failure.is_worth_retry()) return failure;
    return {ports::store_fault::outcome_unknown, failure.what()};
}

}  // namespace delivery::core
