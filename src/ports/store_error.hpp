#pragma once

#include <stdexcept>
#include <string>

namespace delivery::ports {

/// What a failed store call means for its caller.
enum class store_fault {
    /// Nothing was written and the store cannot be reached, is full or is shutting down. Worth a retry.
    unavailable,
    /// Nothing was written because of other transactions (serialization, deadlock, lock timeout). Worth a
    /// retry.
    conflict,
    /// The commit was sent and its answer was lost: written or not, nobody knows. Worth a retry, since every
    /// write finds its own earlier attempt.
    outcome_unknown,
    /// Nothing was written because of the data (SQLSTATE classes 22 and 23). No retry helps; one item is to
    /// blame.
    bad_data,
    /// The schema does not fit this binary, or there is a bug. No retry helps.
    broken,
};

/// Thrown by every store call that fails. `what()` is for the operator: it may name SQLSTATE and constraint,
/// never a customer's data, and is never shown to a client.
class store_error : public std::runtime_error {
public:
    store_error(store_fault fault, const std::string& what) : std::runtime_error(what), fault_(fault) {}

    [[nodiscard]] store_fault fault() const { return fault_; }
    [[nodiscard]] bool is_worth_retry() const {
        return fault_ == store_fault::unavailable || fault_ == store_fault::conflict ||
               fault_ == store_fault::outcome_unknown;
    }

private:
    store_fault fault_;
};

}  // namespace delivery::ports
