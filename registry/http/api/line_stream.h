#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/identifier.pb.h"
#include "registry/http/api/stream_place.h"
#include "registry/http/handler.h"
#include "registry/registration/actor.h"

namespace idnode::http {

/// The body of a stream: lines that are gathered into groups, each group committed together with
/// how far the stream is, and told in lines of `StreamProgress`. What a line says, and how it is
/// carried out, is the business of who derives from this.
class LineStream : public Upload {
  public:
    bool take(BytesView piece, bool last, Bytes& out) final;

  protected:
    /// What the stream will be once the items of the group have these outcomes, as what the commit
    /// must hold besides.
    using Remember =
        std::function<std::vector<model::ObjectEdit>(std::size_t done, std::size_t refused)>;
    /// An item of the group that was refused.
    struct Refused {
        std::size_t item = 0;
        registration::Refusal refusal;
    };

    template <class Outcomes>
    static std::size_t count_done(const Outcomes& all) {
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [](const auto& one) { return one.has_value(); }));
    }
    template <class Outcomes>
    static std::vector<Refused> refused_of(const Outcomes& all) {
        std::vector<Refused> out;
        for (std::size_t item = 0; item < all.size(); ++item) {
            if (!all[item]) out.push_back({item, all[item].error()});
        }
        return out;
    }

    LineStream(const registration::Registrar& registrar, registration::Actor actor,
               StreamPlace place);
    const registration::Actor& actor() const { return actor_; }

    /// The octets of the first line of `text`, with its end; nothing: it goes on.
    virtual std::optional<std::size_t> end_of_line(std::string_view text) = 0;
    /// Whether the line comes before those that are counted, or is wrong so that none can follow.
    virtual registration::Outcome<bool> take_header(std::string_view line) = 0;
    /// Adds the item that the line says to the group. False: the line is empty.
    virtual registration::Outcome<bool> add(std::string_view line) = 0;
    /// Commits the group; says which of its items were refused. `remember`: empty where nothing is
    /// to be kept.
    virtual registration::Outcome<std::vector<Refused>> write(const Remember& remember) = 0;
    /// Says of which item it is told that it was refused.
    virtual void name(std::size_t item, v1::StreamProgress::ItemFailure& told) const = 0;
    /// Empties the group.
    virtual void forget() = 0;

  private:
    struct Failure {
        std::uint64_t line = 0;
        std::optional<std::size_t> item;  // in the group; nothing: the line could not be read
        registration::Refusal refusal;
    };

    void keep_rest(std::string_view text);
    void take_line(std::string_view end, Bytes& out);
    void fail(std::uint64_t line, registration::Refusal refusal);
    void commit(bool last, Bytes& out);
    registration::Outcome<void> write_group();
    void tell(bool ended, Bytes& out);

    const registration::Registrar& registrar_;
    const registration::Actor actor_;
    const StreamPlace place_;
    std::uint64_t line_;           // that was read last
    v1::StreamProgress progress_;  // what is durable
    std::string rest_;
    std::vector<std::uint64_t> lines_;  // of each item of the group
    std::vector<Failure> failures_;
    bool goes_on_ = true;
};

}  // namespace idnode::http
