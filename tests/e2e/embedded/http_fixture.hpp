#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <memory>

#include "../contract_client.hpp"
#include "../hostile_texts.hpp"
#include "support/service.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {

/// One embedded service for all tests of a suite, whose orders take a while.
class http_fixture : public testing::Test {
protected:
    static void SetUpTestSuite() {
        shared_folder = std::make_unique<temp_folder>();
        shared_service =
            std::make_unique<service>(shared_folder->path(), std::vector<std::string>{"run"},
                                      environment{{"PICKING_DURATION", "200ms"}, {"TRANSIT_DURATION", "1h"}});
        shared_service->await_ready();
    }

    static void TearDownTestSuite() {
        EXPECT_TRUE(shared_service->is_running()) << shared_service->log();
        EXPECT_NO_THROW(static_cast<void>(shared_service->log_lines()));
        shared_service.reset();
        shared_folder.reset();
    }

    static int port() { return shared_service->port(); }

    contract_client client_{port()};

    static inline std::unique_ptr<temp_folder> shared_folder;
    static inline std::unique_ptr<service> shared_service;
};

}  // namespace delivery::tests
