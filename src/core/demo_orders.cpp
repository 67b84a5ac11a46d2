#include "core/demo_orders.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "domain/flow.hpp"

namespace delivery::core {
namespace {

using names = std::array<std::string_view, 16>;

constexpr names first_names{"Ana",    "João",   "Beatriz", "Antônio", "Luíza", "Conceição",
                            "Davi",   "Fátima", "Gustavo", "Helena",  "Ícaro", "Jussara",
                            "Márcio", "Otávio", "Raíssa",  "Tainá"};
constexpr names surnames{"Silva",     "Souza",    "Oliveira",    "Santos",   "Araújo",  "Gonçalves",
                         "Magalhães", "Pereira",  "Ribeiro",     "Carvalho", "Barbosa", "Rocha",
                         "Assunção",  "Teixeira", "Vasconcelos", "Brandão"};
constexpr names streets{
    "Rua das Acácias",     "Avenida Paulista",   "Rua São João",        "Travessa do Carmo",
    "Avenida Atlântica",   "Rua XV de Novembro", "Rua da Consolação",   "Alameda Santos",
    "Avenida Boa Viagem",  "Rua do Ouvidor",     "Rua das Laranjeiras", "Praça da Sé",
    "Avenida Afonso Pena", "Rua Augusta",        "Rua Padre Chagas",    "Avenida Beira-Mar"};
constexpr names cities{"São Paulo, SP", "Rio de Janeiro, RJ", "Belo Horizonte, MG", "Salvador, BA",
                       "Fortaleza, CE", "Recife, PE",         "Curitiba, PR",       "Porto Alegre, RS",
                       "Manaus, AM",    "Belém, PA",          "Goiânia, GO",        "Florianópolis, SC",
                       "São Luís, MA",  "Maceió, AL",         "Natal, RN",          "Brasília, DF"};

/// One in so many orders is still RECEIVED, and another IN_TRANSIT.
constexpr std::uint64_t unfinished_share = 10;

/// Numbers that look random and are the same every time (SplitMix64, Steele, Lea and Flood 2014).
class number_stream {
public:
    explicit number_stream(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    std::string_view pick(const names& list) { return list.at(below(list.size())); }

    domain::uuid id() {
        domain::uuid::bytes_type bytes{};
        for (std::size_t i = 0; i < bytes.size(); i += 8) {
            const auto value = next();
            for (std::size_t j = 0; j < 8; ++j) bytes.at(i + j) = static_cast<std::uint8_t>(value >> (8 * j));
        }
        bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x80);
        bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
        return domain::uuid(bytes);
    }

private:
    std::uint64_t state_;
};

/// How many events the order has had.
std::int32_t version_of(std::uint64_t number) {
    switch (number % unfinished_share) {
        case 3: return 1;
        case 7: return 2;
        default: return 3;
    }
}

/// Finished orders lie in the past week; the others have just come in.
std::chrono::microseconds age_of(std::int32_t version, number_stream& numbers) {
    if (version < 3) return std::chrono::seconds(60 + numbers.below(240));
    return std::chrono::seconds(3600 + numbers.below(7 * 24 * 3600 - 3600));
}

}  // namespace

ports::imported_order make_demo_order(std::uint64_t number, domain::timestamp now) {
    number_stream numbers(number);
    ports::imported_order made;
    auto& order = made.order;
    order.id = numbers.id();
    order.customer_name = fmt::format("{} {}", numbers.pick(first_names), numbers.pick(surnames));
    order.address =
        fmt::format("{}, {} - {}", numbers.pick(streets), 1 + numbers.below(2500), numbers.pick(cities));
    order.version = version_of(number);
    order.created_at = now - age_of(order.version, numbers);

    auto time = order.created_at;
    for (std::int32_t version = 1; version <= order.version; ++version) {
        const auto status = domain::all_statuses()[static_cast<std::size_t>(version - 1)];
        made.events.push_back({.id = numbers.id(),
                               .order_id = order.id,
                               .version = version,
                               .status = status,
                               .recorded_at = time});
        time += std::chrono::seconds(5 + numbers.below(25));
    }
    order.status = made.events.back().status;
    order.updated_at = made.events.back().recorded_at;
    return made;
}

}  // namespace delivery::core
