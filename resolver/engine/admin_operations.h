#pragma once

#include "registry/service/administration.h"
#include "resolver/engine/reply.h"
#include "resolver/engine/stream.h"

namespace idnode::resolver {

/// Reads the body of an administrative request, has it carried out, and writes the answer (§4.5 to
/// §4.8). Of a list that is longer than a few messages the stream makes the rest; mostly there is
/// none. Blocks on the disk.
StreamPtr answer_administration(const ReplyTo& to, service::Administration& administration,
                                service::Requester& requester);

}  // namespace idnode::resolver
