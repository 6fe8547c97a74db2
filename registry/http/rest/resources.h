#pragma once

#include "registry/http/rest/router.h"
#include "registry/http/rest/settings.h"
#include "registry/http/rest/web_sessions.h"
#include "registry/service/administration.h"
#include "registry/service/authority.h"
#include "resolver/engine/context.h"
#include "resolver/engine/peer_text.h"
#include "resolver/engine/remote.h"
#include "resolver/engine/resolution.h"

/// The resources of §8.1.
namespace idnode::http {

/// What all resources share. Thread-safe.
struct RestContext {
    RestContext(const resolver::EngineContext& engine, const RestSettings& rest)
        : node(engine), settings(rest), sessions(rest, engine.entropy) {}

    const resolver::EngineContext& node;
    const RestSettings settings;
    WebSessions sessions;
};

/// The rules, which keep buffers and are not for several threads: one for each request.
struct Rules {
    Rules(const resolver::EngineContext& node, const Caller& caller)
        : directory(node.store, node.administration.own_prefix, node.remote),
          authority(directory, node.authority),
          administration(node.store, directory, authority, node.entropy, node.administration),
          resolution(node, administration) {
        directory.begin_request();
        administration.come_from(resolver::to_text(caller.peer.address));
    }

    resolver::NodeDirectory directory;
    service::Authority authority;
    service::Administration administration;
    resolver::Resolution resolution;
};

/// Each adds its routes. `context` must outlive the router.
void add_handle_routes(Router& router, RestContext& context);
void add_list_routes(Router& router, RestContext& context);
void add_node_routes(Router& router, RestContext& context);
void add_session_routes(Router& router, RestContext& context);

/// The parameters in the body of a POST that stands for a GET: a form or a JSON object, added to
/// those of the query.
Result<void> add_body_parameters(Call& call);

}  // namespace idnode::http
