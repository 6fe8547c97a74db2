// Recalls of random histories, against the model that traces are held against.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "event_histories.h"
#include "events_query_fixture.h"
#include "registry/events/recall.h"
#include "tests/support/effort.h"
#include "trace_model.h"

namespace {

using namespace idnode;
using namespace idnode::tests;
namespace bj = boost::json;

std::vector<bj::object> lines_of(const std::string& text) {
    std::vector<bj::object> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        REQUIRE(end != std::string::npos);
        out.push_back(bj::parse(text.substr(at, end - at)).as_object());
        at = end + 1;
    }
    return out;
}

std::string id_of(const bj::value& step) {
    return std::string(step.at("id").as_string());
}

/// The way of a line leads from the suspect to the thing, through what is affected itself.
void check_path(const bj::object& line, const std::string& suspect,
                const std::map<std::string, TraceModel::Moments>& affected) {
    const bj::array& path = line.at("path").as_array();
    REQUIRE_FALSE(path.empty());
    CHECK(id_of(path.front()) == suspect);
    CHECK(id_of(path.back()) == line.at("id").as_string());
    CHECK(path.size() == line.at("depth").to_number<std::size_t>() + 1);
    for (std::size_t at = 1; at < path.size(); ++at) {
        CHECK(path[at].as_object().contains("via"));
        CHECK(path[at].as_object().contains("at"));
        CHECK(affected.contains(id_of(path[at])));
    }
}

}  // namespace

TEST_CASE("14.4 recalls of random histories find what the slow model finds, and say how it came") {
    std::mt19937_64 chance(144);
    constexpr Chances kChances{.events_max = 12, .moments = 6};
    for (int round = 0; round < testing::effort(1'000); ++round) {
        const tests::History history = random_history(chance, kChances);
        EventWorld node(store_with(history));
        const TraceModel model(history, history.size(), 2 * kChances.moments + 1, kChances.moments);
        const std::vector<std::string> all = world().all();
        const std::string& suspect = all[chance() % all.size()];
        events::Access access(node.registrar, std::nullopt);
        const auto recall = events::Recall::make(node.lifecycle, access, {.suspects = {suspect}});
        REQUIRE(recall);
        std::string text;
        while ((*recall)->write(text)) {
        }
        INFO("round " << round << " suspect " << suspect << "\n" << text);
        auto lines = lines_of(text);
        REQUIRE_FALSE(lines.empty());
        lines.pop_back();  // the sum

        const auto affected = model.forward(suspect);
        std::set<std::string> told;
        bool historic = false;
        for (const bj::object& line : lines) {
            const std::string id(line.at("id").as_string());
            const bool is_current = line.at("state").as_string() == "current";
            CHECK_FALSE((historic && is_current));
            historic = historic || !is_current;
            CHECK(told.insert(id).second);
            if (id == suspect) continue;
            REQUIRE(affected.contains(id));
            CHECK(is_current == affected.at(id).contains(model.last()));
            check_path(line, suspect, affected);
        }
        for (const auto& [id, moments] : affected) CHECK(told.contains(id));
    }
}
