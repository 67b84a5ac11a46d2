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
        folder_ = std::make_unique<temp_folder>();
        service_ =
            std::make_unique<service>(folder_->path(), std::vector<std::string>{"run"},
                                      environment{{"PICKING_DURATION", "200ms"}, {"TRANSIT_DURATION", "1h"}});
        service_->await_ready();
    }

    static void TearDownTestSuite() {
        EXPECT_TRUE(service_->is_running()) << service_->log();
        EXPECT_NO_THROW(static_cast<void>(service_->log_lines()));
        service_.reset();
        folder_.reset();
    }

    static int port() { return service_->port(); }

    contract_client client_{port()};

    static inline std::unique_ptr<temp_folder> folder_;
    static inline std::unique_ptr<service> service_;
};

}  // namespace delivery::tests
