#include <boost/json.hpp>

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "chaos/ledger.hpp"

namespace delivery::chaos {
namespace {

constexpr std::size_t most_shown = 20;

void add_row(std::string& text, std::string_view name, std::uint64_t count, std::string_view note = {}) {
    text += fmt::format("  {:<28} {:>9}", name, count);
    text += note.empty() ? "\n" : fmt::format("  {}\n", note);
}

void add_section(std::string& text, std::string_view name) { text += fmt::format("\n{}\n", name); }

void add_orders(std::string& text, const evidence& found, const ledger& result) {
    add_section(text, "Orders and events");
    add_row(text, "acknowledged", result.acknowledged);
    add_row(text, "stored", result.stored);
    add_row(text, "  unacknowledged of these", result.unacknowledged, "stored, but the answer was lost");
    add_row(text, "events on the wire", result.heard);
    add_row(text, "repeats on the wire", result.repeats, "allowed: at least once");
    add_row(text, "posts without an answer", found.clients.unanswered);
    add_row(text, "posts retried with their key", found.clients.retried);
    for (const auto& [status, count] : found.clients.statuses)
        add_row(text, fmt::format("answers {}", status), count);
}

void add_promises(std::string& text, const ledger& result) {
    add_section(text, "Promises (each must be 0)");
    for (const auto& each : result.promises) add_row(text, each.name, each.broken.size(), each.meaning);
}

void add_faults(std::string& text, const fault_record& faults) {
    add_section(text, "Faults");
    for (const auto& [kind, count] : faults.made) add_row(text, to_string(kind), count);
    for (const auto& [kind, why] : faults.skipped)
        add_row(text, to_string(kind), 0, fmt::format("SKIPPED: {}", why));
    for (const auto& failed : faults.failed) text += fmt::format("  not carried out: {}\n", failed.what);
}

void add_unavailability(std::string& text, const unavailability& seen) {
    add_section(text, "Longest time without a good answer");
    const auto seconds = [](std::chrono::milliseconds length) {
        return fmt::format("{:.1f} s", static_cast<double>(length.count()) / 1000);
    };
    text += fmt::format("  {:<28} {:>9}\n", "all clients together", seconds(seen.overall));
    if (!seen.clients.empty()) {
        text += fmt::format("  {:<28} {:>9}\n", "the worst client", seconds(std::ranges::max(seen.clients)));
    }
}

void add_broken(std::string& text, const ledger& result) {
    for (const auto& each : result.promises) {
        if (each.broken.empty()) continue;
        add_section(text, fmt::format("{}: {}", each.name, each.meaning));
        for (const auto& what : each.broken | std::views::take(most_shown))
            text += fmt::format("  {}\n", what);
        if (each.broken.size() > most_shown)
            text += fmt::format("  … and {} more\n", each.broken.size() - most_shown);
    }
}

}  // namespace

std::string to_table(const run_facts& run, const evidence& found, const ledger& result) {
    auto text = fmt::format("Ledger of chaos seed {} over {:.1f} minutes{}\n", run.seed,
                            static_cast<double>(found.faults.length.count()) / 60'000,
                            run.sabotage.empty() ? "" : fmt::format(", sabotaged: {}", run.sabotage));
    add_orders(text, found, result);
    add_promises(text, result);
    add_faults(text, found.faults);
    add_unavailability(text, found.clients.without_answer);
    add_broken(text, result);
    text += result.is_balanced() ? "\nThe ledger balances.\n" : "\nTHE LEDGER DOES NOT BALANCE.\n";
    return text;
}

std::string to_json(const run_facts& run, const evidence& found, const ledger& result) {
    boost::json::object faults;
    for (const auto& [kind, count] : found.faults.made) faults[to_string(kind)] = count;
    boost::json::object skipped;
    for (const auto& [kind, why] : found.faults.skipped) skipped[to_string(kind)] = why;
    boost::json::array failed;
    for (const auto& each : found.faults.failed) failed.emplace_back(each.what);
    boost::json::object promises;
    for (const auto& each : result.promises) promises[each.name] = boost::json::value_from(each.broken);
    boost::json::object statuses;
    for (const auto& [status, count] : found.clients.statuses) statuses[std::to_string(status)] = count;
    boost::json::array clients;
    for (const auto length : found.clients.without_answer.clients) clients.emplace_back(length.count());
    const boost::json::object all{
        {"seed", run.seed},
        {"length_ms", found.faults.length.count()},
        {"balanced", result.is_balanced()},
        {"sabotage", run.sabotage},
        {"acknowledged", result.acknowledged},
        {"stored", result.stored},
        {"unacknowledged", result.unacknowledged},
        {"events_on_wire", result.heard},
        {"repeats_on_wire", result.repeats},
        {"unanswered", found.clients.unanswered},
        {"retried", found.clients.retried},
        {"answers", std::move(statuses)},
        {"broken", std::move(promises)},
        {"faults", std::move(faults)},
        {"skipped", std::move(skipped)},
        {"failed_faults", std::move(failed)},
        {"longest_unavailability_ms", found.clients.without_answer.overall.count()},
        {"longest_unavailability_of_clients_ms", std::move(clients)},
    };
    return boost::json::serialize(all) + "\n";
}

}  // namespace delivery::chaos
