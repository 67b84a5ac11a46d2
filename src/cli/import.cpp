#include "cli/import.hpp"

#include <fmt/format.h>

#include "cli/command_process.hpp"
#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "core/legacy_import.hpp"
#include "domain/flow.hpp"
#include "http/json_text.hpp"
#include "ports/store_error.hpp"
#include "postgres/legacy_reader.hpp"
#include "postgres/store_factory.hpp"
#include "runtime/log_escape.hpp"

namespace delivery::cli {
namespace {

using ports::import_outcome;

constexpr std::size_t batch_size = 500;
/// More are counted, not listed.
constexpr std::size_t listed_max = 1000;

struct tally {
    std::size_t read = 0;
    std::size_t added = 0;
    std::size_t there = 0;
    std::size_t waiting = 0;
    std::size_t refused = 0;
    std::size_t renamed = 0;
    std::size_t repaired = 0;
};

void print_refused(const std::string& id, const std::string& why, bool as_json) {
    if (!as_json) {
        fmt::print("not taken: {}: {}\n", runtime::readable(id), runtime::readable(why));
        return;
    }
    fmt::print("{{\"not_taken\":{},\"reason\":{}}}\n", http::to_json_string(id), http::to_json_string(why));
}

void print_summary(const tally& sum, std::int64_t unpublished, const invocation& what) {
    if (what.as_json) {
        fmt::print(
            "{{\"read\":{},\"added\":{},\"there_already\":{},\"unfinished\":{},\"not_taken\":{},"
            "\"renamed\":{},\"repaired\":{},\"unpublished\":{}}}\n",
            sum.read, sum.added, sum.there, sum.waiting, sum.refused, sum.renamed, sum.repaired, unpublished);
        return;
    }
    fmt::print(
        "{} orders read: {} {}, {} were there already, {} are unfinished and wait for --take-over, {} cannot "
        "be taken\n",
        sum.read, sum.added, what.is_dry_run ? "would be added" : "added", sum.there, sum.waiting,
        sum.refused);
    fmt::print("of those taken, {} have a new id (theirs is no UUID) and {} a history that was mended\n",
               sum.renamed, sum.repaired);
    if (unpublished > 0) {
        fmt::print("{} events of the earlier service are not published yet: let its publisher finish first\n",
                   unpublished);
    } else if (unpublished < 0) {
        fmt::print(
            "whether the earlier service has published all its events cannot be told from outbox_events\n");
    }
}

class importer {
public:
    explicit importer(const invocation& what)
        : what_(what),
          in_(what, "import", what.settings.log_level, what.is_dry_run ? access::read : access::write) {}

    int run() {
        const auto old = postgres::open_legacy(what_.import_from);
        progress shown("orders read", 0);
        for (auto batch = old->next(batch_size); !batch.empty(); batch = old->next(batch_size)) {
            take(batch);
            shown.update(static_cast<std::int64_t>(sum_.read));
        }
        shown.finish();
        const auto unpublished = old->unpublished();
        in_.close();
        if (sum_.refused > listed_max) fmt::print("… and {} more\n", sum_.refused - listed_max);
        print_summary(sum_, unpublished, what_);
        return sum_.refused == 0 ? exit_done : exit_failed;
    }

private:
    void take(const std::vector<ports::legacy_order>& batch) {
        std::vector<core::converted_order> chosen;
        for (const auto& old : batch) {
            ++sum_.read;
            auto converted = core::convert(old);
            if (!converted) {
                refuse(old.id, converted.error());
            } else if (!what_.import_takes_over && !domain::is_finished(converted->order.order.status)) {
                ++sum_.waiting;
            } else {
                chosen.push_back(*std::move(converted));
            }
        }
        store(std::move(chosen));
    }

    void refuse(const std::string& id, const std::string& why) {
        if (++sum_.refused <= listed_max) print_refused(id, why, what_.as_json);
    }

    void store(std::vector<core::converted_order> chosen) {
        std::vector<domain::uuid> ids;
        for (const auto& one : chosen) ids.push_back(one.order.order.id);
        const auto found = in_.run(in_.store().find(ids));
        std::vector<core::converted_order> fresh;
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            if (found[i]) {
                compare(chosen[i].order.order, *found[i]);
            } else {
                fresh.push_back(std::move(chosen[i]));
            }
        }
        add(std::move(fresh));
    }

    /// One that is there already may be another order, or one that went on where it should have stood still.
    void compare(const domain::order& theirs, const domain::order& ours) {
        if (theirs.created_at != ours.created_at) {
            refuse(theirs.id.to_string(), "another order has this id here");
        } else if (theirs.version > ours.version) {
            refuse(theirs.id.to_string(),
                   fmt::format("it was taken over and went on in the earlier service: {} there, {} here",
                               domain::to_string(theirs.status), domain::to_string(ours.status)));
        } else {
            ++sum_.there;
        }
    }

    void add(std::vector<core::converted_order> fresh) {
        std::vector<ports::imported_order> orders;
        for (auto& one : fresh) orders.push_back(std::move(one.order));
        const auto outcomes =
            what_.is_dry_run ? std::vector(orders.size(), import_outcome::taken) : write(orders);
        for (std::size_t i = 0; i < orders.size(); ++i) {
            if (outcomes[i] == import_outcome::already_there) {
                refuse(orders[i].order.id.to_string(), "its id, or that of one of its events, is another's");
                continue;
            }
            ++sum_.added;
            sum_.renamed += fresh[i].is_renamed ? 1 : 0;
            sum_.repaired += fresh[i].is_repaired ? 1 : 0;
        }
    }

    /// All in one transaction; where the database refuses one of them, one by one.
    std::vector<import_outcome> write(std::span<const ports::imported_order> orders) {
        try {
            return in_.run(in_.store().import_orders(orders));
        } catch (const ports::store_error& error) {
            if (error.fault() != ports::store_fault::bad_data) throw;
        }
        if (orders.size() == 1) return {import_outcome::already_there};
        std::vector<import_outcome> outcomes;
        for (const auto& one : orders) outcomes.push_back(write({&one, 1}).front());
        return outcomes;
    }

    const invocation& what_;
    command_process in_;
    tally sum_;
};

}  // namespace

int run_import(const invocation& what) {
    if (!postgres::is_url(what.import_from))
        throw usage_error("--from cannot be used: it must be postgresql://user:password@host:port/database");
    try {
        return importer(what).run();
    } catch (const ports::store_error& error) {
        throw work_failed(error.what());
    }
}

}  // namespace delivery::cli
