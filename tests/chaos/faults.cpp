#include "chaos/faults.hpp"

#include <cstdio>
#include <exception>
#include <thread>

#include <fmt/format.h>

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_cuts = 200ms;
constexpr auto nap = 50ms;

void pause(milliseconds length) { std::this_thread::sleep_for(length); }

bool pause(milliseconds length, const std::atomic<bool>& stop) {
    const auto end = fault_maker::clock::now() + length;
    while (!stop && fault_maker::clock::now() < end) pause(nap);
    return !stop;
}

}  // namespace

fault_maker::fault_maker(deployment& where, const std::filesystem::path& diary)
    : where_(where), diary_(diary) {}

void fault_maker::run_lane(const std::vector<planned_fault>& lane, clock::time_point end,
                           const std::atomic<bool>& stop) {
    for (const auto& fault : lane) {
        if (clock::now() + fault.pause >= end || !pause(fault.pause, stop)) return;
        write(describe(fault));
        try {
            make(fault);
            const std::lock_guard lock(mutex_);
            ++made_[fault.kind];
        } catch (const std::exception& reason) {
            const std::lock_guard lock(mutex_);
            failed_.push_back(
                {.kind = fault.kind, .what = fmt::format("{}: {}", describe(fault), reason.what())});
        }
        write(fmt::format("    over: {}", to_string(fault.kind)));
    }
}

void fault_maker::make(const planned_fault& fault) {
    switch (fault.kind) {
        case fault_kind::kill_role:
        case fault_kind::freeze_role:
        case fault_kind::skew_clock: strike_roles(fault); break;
        case fault_kind::cut_clients: strike_clients(fault); break;
        case fault_kind::kill_postgres:
        case fault_kind::stop_postgres:
        case fault_kind::fail_over:
        case fault_kind::fill_disk: strike_postgres(fault); break;
        case fault_kind::cut_database:
        case fault_kind::half_close_database:
        case fault_kind::delay_database:
        case fault_kind::throttle_database:
        case fault_kind::black_hole_database: strike_proxies(fault, database_proxies(fault)); break;
        case fault_kind::kill_broker:
        case fault_kind::stop_broker:
        case fault_kind::memory_alarm: strike_broker(fault); break;
        case fault_kind::cut_broker:
        case fault_kind::half_close_broker:
        case fault_kind::delay_broker:
        case fault_kind::throttle_broker:
        case fault_kind::black_hole_broker: strike_proxies(fault, {&where_.to_broker()}); break;
    }
}

void fault_maker::strike_roles(const planned_fault& fault) {
    auto& roles = where_.roles();
    for (const auto process : fault.processes) {
        switch (fault.kind) {
            case fault_kind::kill_role: roles.kill(process, fault.length); break;
            case fault_kind::freeze_role: roles.freeze(process); break;
            default: roles.skew(process, fault.strength); break;
        }
    }
    pause(fault.length);
    if (fault.kind != fault_kind::freeze_role) return;
    for (const auto process : fault.processes) roles.thaw(process);
}

void fault_maker::strike_clients(const planned_fault& fault) {
    for (int count = 0; count < fault.strength; ++count) {
        for (const auto& proxy : where_.to_apis()) proxy->cut_half();
        pause(fault.length);
    }
}

void fault_maker::strike_postgres(const planned_fault& fault) {
    auto& database = where_.database();
    switch (fault.kind) {
        case fault_kind::fail_over:
            database.fail_over(fault.length);
            where_.follow_database();
            database.add_standby();
            return;
        case fault_kind::fill_disk:
            database.fill_disk();
            pause(fault.length);
            database.free_disk();
            break;
        case fault_kind::kill_postgres:
            database.kill();
            pause(fault.length);
            break;
        default:
            database.stop();
            pause(fault.length);
            break;
    }
    database.start();
}

void fault_maker::strike_broker(const planned_fault& fault) {
    auto& broker = where_.broker();
    if (fault.kind == fault_kind::memory_alarm) {
        broker.set_memory_alarm(true);
        pause(fault.length);
        broker.set_memory_alarm(false);
        return;
    }
    if (fault.kind == fault_kind::kill_broker) {
        broker.kill();
    } else {
        broker.stop();
    }
    pause(fault.length);
    broker.start();
}

std::vector<tests::tcp_proxy*> fault_maker::database_proxies(const planned_fault& fault) {
    std::vector<tests::tcp_proxy*> proxies;
    for (const auto process : fault.processes) proxies.push_back(&where_.to_database(process));
    return proxies;
}

void fault_maker::strike_proxies(const planned_fault& fault, const std::vector<tests::tcp_proxy*>& proxies) {
    const bool cuts = fault.kind == fault_kind::cut_database || fault.kind == fault_kind::cut_broker;
    for (int count = 0; cuts && count < fault.strength; ++count) {
        for (auto* proxy : proxies) count % 2 == 0 ? proxy->cut_half() : proxy->cut_all();
        pause(pause_between_cuts);
    }
    for (auto* proxy : proxies) {
        switch (fault.kind) {
            case fault_kind::half_close_database:
            case fault_kind::half_close_broker: proxy->half_close(); break;
            case fault_kind::delay_database:
            case fault_kind::delay_broker: proxy->delay(milliseconds(fault.strength)); break;
            case fault_kind::throttle_database:
            case fault_kind::throttle_broker:
                proxy->throttle(static_cast<std::size_t>(fault.strength));
                break;
            case fault_kind::black_hole_database:
            case fault_kind::black_hole_broker: proxy->black_hole(); break;
            default: break;
        }
    }
    pause(fault.length);
    for (auto* proxy : proxies) proxy->pass();
}

void fault_maker::heal_all() {
    for (std::size_t process = 0; process < role_of_process.size(); ++process) {
        where_.to_database(process).pass();
        where_.roles().thaw(process);
        where_.roles().skew(process, 0);
    }
    where_.to_broker().pass();
    where_.database().start();
    where_.broker().start();
    where_.broker().set_memory_alarm(false);
}

void fault_maker::write(const std::string& line) {
    const std::chrono::duration<double> passed = clock::now() - begin_;
    const auto text = fmt::format("{:8.1f} s  {}\n", passed.count(), line);
    const std::lock_guard lock(mutex_);
    diary_ << text << std::flush;
    fmt::print(stderr, "{}", text);
}

}  // namespace delivery::chaos
