#include "rabbitmq/endpoint.hpp"

#include <gtest/gtest.h>

namespace delivery::rabbitmq {
namespace {

struct good_url {
    std::string url;
    endpoint expected;
    std::string name;
};

TEST(endpoint, urls_are_read) {
    const std::vector<good_url> cases{
        {"amqp://localhost", {}, "rabbitmq://localhost:5672/"},
        {"amqp://localhost/", {}, "rabbitmq://localhost:5672/"},
        {"AMQP://Broker.Example:1234/",
         {.host = "Broker.Example", .port = 1234},
         "rabbitmq://broker.example:1234/"},
        {"amqp://a:b@h/v", {.host = "h", .user = "a", .password = "b", .vhost = "v"}, "rabbitmq://h:5672/v"},
        {"amqp://a@h", {.host = "h", .user = "a"}, "rabbitmq://h:5672/"},
        {"amqp://a:@h", {.host = "h", .user = "a", .password = ""}, "rabbitmq://h:5672/"},
        {"amqp://a%40b:p%3A%2F%25@h/%2F",
         {.host = "h", .user = "a@b", .password = "p:/%"},
         "rabbitmq://h:5672/"},
        {"amqp://a:p:q@h/a%2Fb",
         {.host = "h", .user = "a", .password = "p:q", .vhost = "a/b"},
         "rabbitmq://h:5672/a/b"},
        {"amqp://a:p@q@h", {.host = "h", .user = "a", .password = "p@q"}, "rabbitmq://h:5672/"},
        {"amqp://h/Prod", {.host = "h", .vhost = "Prod"}, "rabbitmq://h:5672/Prod"},
        {"amqp://[::1]:5673/v", {.host = "::1", .port = 5673, .vhost = "v"}, "rabbitmq://[::1]:5673/v"},
        {"amqp://u:p@[FE80::1]",
         {.host = "FE80::1", .user = "u", .password = "p"},
         "rabbitmq://[fe80::1]:5672/"},
        {"amqps://h", {.host = "h", .port = 5671, .tls = true}, "rabbitmq://h:5671/"},
        {"amqps://h:9/v?cacertfile=/etc/my%20ca.pem",
         {.host = "h", .port = 9, .vhost = "v", .tls = true, .ca_file = "/etc/my ca.pem"},
         "rabbitmq://h:9/v"},
    };
    for (const auto& [url, expected, name] : cases) {
        const auto result = parse_url(url);
        ASSERT_TRUE(result.has_value()) << url << ": " << result.error();
        EXPECT_EQ(*result, expected) << url;
        EXPECT_EQ(bus_name(*result), name) << url;
    }
}

TEST(endpoint, what_is_wrong_is_said_without_the_password) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "amqp://"},
        {"localhost:5672", "amqp://"},
        {"http://u:secret@h", "amqp://"},
        {"amqp://", "no host"},
        {"amqp://u:secret@", "no host"},
        {"amqp://u:secret@:5672", "no host"},
        {"amqp://u:secret@h:", "port"},
        {"amqp://u:secret@h:0", "port"},
        {"amqp://u:secret@h:65536", "port"},
        {"amqp://u:secret@h:12x", "port"},
        {"amqp://u:secret@h:-1", "port"},
        {"amqp://u:secret/x@h/v", "port"},
        {"amqp://u:secret%@h", "password"},
        {"amqp://u:secret%0@h", "password"},
        {"amqp://u:secret%zz@h", "password"},
        {"amqp://u:secret%00@h", "password"},
        {"amqp://%1:secret@h", "user"},
        {"amqp://u:secret@[::1", "bracket"},
        {"amqp://u:secret@[::1]5672", "followed"},
        {"amqp://u:secret@h%/", "host"},
        {"amqp://u:secret@h/a/b", "%2F"},
        {"amqp://u:secret@h/%f", "virtual host"},
        {"amqp://u:secret@h/%ff", "virtual host"},
        {"amqp://u:secret@\xff/", "host"},
        {"amqps://u:secret@h/v?verify=none", "cacertfile"},
        {"amqps://u:secret@h/v?cacertfile=", "cacertfile"},
        {"amqp://u:secret@h/v?cacertfile=/x", "amqps"},
    };
    for (const auto& [url, part] : cases) {
        const auto result = parse_url(url);
        ASSERT_FALSE(result.has_value()) << url;
        EXPECT_NE(result.error().find(part), std::string::npos) << url << ": " << result.error();
        EXPECT_EQ(result.error().find("secret"), std::string::npos) << result.error();
    }
}

}  // namespace
}  // namespace delivery::rabbitmq
