#include "registry/events/trace_join.h"

#include <map>
#include <set>
#include <utility>

#include "proto/schemes/canonical.h"
#include "registry/events/owners.h"
#include "registry/events/peer_tokens.h"

namespace idnode::events {

using boost::json::array;
using boost::json::object;
using registration::Outcome;

namespace {

/// `88.200` of `88.200.5`.
std::string node_of(std::string_view prefix) {
    const std::size_t first = prefix.find('.');
    const std::size_t second =
        first == std::string_view::npos ? first : prefix.find('.', first + 1);
    return std::string(prefix.substr(0, second));
}

class Joiner {
  public:
    Joiner(const Lifecycle& lifecycle, Access& access, const TraceRequest& request)
        : lifecycle_(lifecycle),
          access_(access),
          request_(request),
          deadline_(std::chrono::steady_clock::now() + kPeersTime) {}

    Outcome<array> join(std::vector<std::string> cids) {
        // What was found here needs no other look from here.
        for (const std::string& cid : cids) note_known(cid);
        std::vector<std::string> wanted;
        for (std::string& cid : cids) {
            if (is_foreign(cid)) wanted.push_back(std::move(cid));
        }
        for (unsigned hops = 1; !wanted.empty(); ++hops) {
            next_.clear();
            for (const std::string& cid : wanted) {
                if (auto done = ask(cid, hops); !done) return done.error();
            }
            wanted = std::exchange(next_, {});
        }
        return std::move(out_);
    }

  private:
    bool is_foreign(std::string_view cid) const {
        return is_elsewhere(cid, lifecycle_.registrar.terms.own_prefix);
    }
    /// False: it was known already.
    bool note_known(std::string_view cid) { return known_.insert(schemes::key_of(cid)).second; }

    void give_up(const std::string& cid, std::string why) {
        out_.push_back(object{{"id", cid}, {"unanswered", std::move(why)}});
    }

    Outcome<void> ask(const std::string& cid, unsigned hops) {
        if (hops > kPeerHopsMax) {
            give_up(cid, "the trail crosses more nodes than are followed");
            return {};
        }
        if (++questions_ > kPeerQuestionsMax) {
            give_up(cid, "more identifiers of other nodes than are asked about");
            return {};
        }
        return is_foreign(cid) ? ask_peer(cid, hops) : ask_here(cid, hops);
    }

    Outcome<void> ask_peer(const std::string& cid, unsigned hops) {
        const std::string node = node_of(handle_prefix_of(cid));
        if (const auto gone = gone_.find(node); gone != gone_.end()) {
            give_up(cid, gone->second);
            return {};
        }
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline_) {
            give_up(cid, "the time for other nodes was over");
            return {};
        }
        auto credential = PeerTokens(lifecycle_.registrar).find(access_.actor(), cid);
        if (!credential) return credential.error();
        const PeerQuestion question{.cid = cid,
                                    .direction = request_.question.direction,
                                    .as_of_ns = request_.question.as_of_ns,
                                    .depth_max = request_.question.depth_max,
                                    .with_possible = request_.question.with_possible,
                                    .credential = *std::move(credential)};
        const auto until = std::min(deadline_, now + kPeerTime);
        auto answer = lifecycle_.peers->ask(question, until);
        if (!answer) {
            const Error& error = answer.error();
            if (error.code == Errc::kUnavailable || error.code == Errc::kTimeout) {
                gone_.emplace(node, error.detail);
            }
            give_up(cid, error.detail);
            return {};
        }
        take(cid, hops, node, std::move(answer->node), answer->body);
        return {};
    }

    /// The trail came back.
    Outcome<void> ask_here(const std::string& cid, unsigned hops) {
        TraceRequest again = request_;
        again.cid = cid;
        again.cursor = {};
        again.count_max = kTracePageMax;
        again.with_peers = false;
        auto answer = answer_trace(lifecycle_, access_, again);
        if (!answer) return answer.error();
        take(cid, hops, node_of(lifecycle_.registrar.terms.own_prefix), lifecycle_.terms.base_url,
             answer->body);
        return {};
    }

    /// `node`: whose answer it is; it has said what it knows of its own identifiers.
    void take(const std::string& cid, unsigned hops, const std::string& node, std::string address,
              object& body) {
        object one{{"id", cid}, {"node", std::move(address)}, {"hops", hops}};
        if (const auto* cut = body.if_contains("truncated")) one["truncated"] = *cut;
        if (body.contains("cursor")) one["truncated"] = "page";
        array nodes;
        if (auto* found = body.if_contains("nodes"); found != nullptr && found->is_array()) {
            nodes = std::move(found->get_array());
        }
        for (const boost::json::value& other : nodes) {
            const auto* id = other.is_object() ? other.get_object().if_contains("id") : nullptr;
            if (id == nullptr || !id->is_string()) continue;
            const std::string found(id->get_string());
            const std::string prefix = handle_prefix_of(found);
            if (prefix.empty() || node_of(prefix) == node || !note_known(found)) continue;
            next_.push_back(found);
        }
        one["nodes"] = std::move(nodes);
        out_.push_back(std::move(one));
    }

    const Lifecycle& lifecycle_;
    Access& access_;
    const TraceRequest& request_;
    const std::chrono::steady_clock::time_point deadline_;
    std::size_t questions_ = 0;
    std::set<std::string> known_;              // keys
    std::map<std::string, std::string> gone_;  // nodes that do not answer, and why
    std::vector<std::string> next_;
    array out_;
};

}  // namespace

bool is_elsewhere(std::string_view cid, std::string_view own_prefix) {
    const std::string prefix = handle_prefix_of(cid);
    if (prefix.empty()) return false;
    return prefix != own_prefix && !prefix.starts_with(std::string(own_prefix) + '.');
}

Outcome<array> join_elsewhere(const Lifecycle& lifecycle, Access& access,
                              const TraceRequest& request, std::vector<std::string> cids) {
    return Joiner(lifecycle, access, request).join(std::move(cids));
}

}  // namespace idnode::events
