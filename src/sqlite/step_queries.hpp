#pragma once

#include <span>
#include <vector>

#include "ports/workflow_store.hpp"
#include "sqlite/connection.hpp"

// The SQL of `ports::workflow_store` and `ports::dead_letter_store`, within the caller's transaction.
namespace delivery::sqlite {

std::vector<ports::step_outcome> take_steps(connection& db, std::span<const ports::step_request> steps,
                                            domain::timestamp now);

ports::due_result take_due_timers(connection& db, std::span<const domain::uuid> event_ids,
                                  std::span<const domain::uuid> left_out, domain::timestamp now);

std::vector<ports::due_timer> find_due_timers(connection& db, std::size_t limit,
                                              std::span<const domain::uuid> left_out, domain::timestamp now);

void add_dead_letters(connection& db, std::span<const ports::dead_letter> letters, domain::timestamp now);

}  // namespace delivery::sqlite
