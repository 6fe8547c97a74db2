#pragma once

#include "registry/http/epcis/routes.h"

namespace idnode::http {

/// Whether the caller wants events as they come: `Accept: text/event-stream`.
bool wants_event_stream(const Request& request);

/// The events of the named query in the path, as server-sent events: those after the one that
/// `Last-Event-ID` names, or from now on. Ends after a while: who goes on listening proves again
/// who they are, and misses nothing.
DownloadStart stream_events(EpcisCall& call);

}  // namespace idnode::http
