#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/event_query.pb.h"
#include "registry/events/lifecycle.h"
#include "registry/events/query.h"
#include "registry/registration/actor.h"

namespace idnode::events {

inline constexpr std::size_t kNamedQueriesMax = 1'000;  // of one enterprise
inline constexpr std::size_t kQueryNameBytesMax = 128;

/// Queries that an enterprise keeps under a name. Others do not see them. Blocks on the disk.
class NamedQueries {
  public:
    explicit NamedQueries(const Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    /// kExists: the name is taken.
    QueryOutcome<v1::NamedEventQuery> create(const registration::Actor& actor,
                                             std::string_view name,
                                             const boost::json::object& query);
    /// kNotFound.
    registration::Outcome<v1::NamedEventQuery> find(const registration::Actor& actor,
                                                    std::string_view name);
    /// From after this name, in their order.
    registration::Outcome<std::vector<v1::NamedEventQuery>> list(const registration::Actor& actor,
                                                                 std::string_view after,
                                                                 std::size_t count_max);
    /// With all subscriptions to it.
    registration::Outcome<void> remove(const registration::Actor& actor, std::string_view name);

  private:
    const Lifecycle& lifecycle_;
};

std::vector<QueryParameter> parameters_of(const v1::NamedEventQuery& query);
/// Where it is stored.
std::string named_query_key(std::uint64_t enterprise_id, std::string_view name);
/// Where all subscriptions to it are stored.
std::string subscriptions_beginning(std::uint64_t enterprise_id, std::string_view query_name);

}  // namespace idnode::events
