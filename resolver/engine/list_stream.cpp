#include "resolver/engine/list_stream.h"

#include <utility>
#include <vector>

#include "proto/handle/responses.h"

namespace idnode::resolver {

namespace {

constexpr std::size_t kListedPerMessage = 50;  // what peers expect, §4.8
constexpr std::size_t kPieceBytes = 65'536;    // about so many octets are made at a time

}  // namespace

ListStream::ListStream(const ReplyTo& to, std::unique_ptr<service::NameList> names)
    : context_(to.context),
      header_and_body_(to.request.header_and_body.begin(), to.request.header_and_body.end()),
      request_(to.request),
      peer_(to.peer),
      session_(to.session ? to.session->shared_from_this() : nullptr),
      names_(std::move(names)) {
    request_.header_and_body = header_and_body_;
    request_.body = request_.header_and_body.subspan(limits::kHeaderBytes);
    request_.credential = {};
}

Stream::Next ListStream::next(BytesView, Bytes& out) {
    const std::size_t begin = out.size();
    while (out.size() - begin < kPieceBytes) {
        if (!write_message(out)) return Next::kEnd;
    }
    return Next::kMore;
}

bool ListStream::write_message(Bytes& out) {
    const ReplyTo to{context_, request_, peer_, context_.clock.now(), out, session_.get()};
    std::vector<std::string> names;
    // One more than fits is read, so that an empty message is never the last of a longer list.
    while (!has_begun_ || ahead_) {
        if (ahead_) {
            if (names.size() == kListedPerMessage) break;
            names.push_back(*std::exchange(ahead_, std::nullopt));
        }
        has_begun_ = true;
        auto next = names_->next();
        if (!next) {
            Reply(to).error(handle::ResponseCode::kError, "storage failed");
            return false;
        }
        ahead_ = std::move(*next);
    }
    Reply reply(to);
    handle::encode_list_response(names, reply.body());
    if (ahead_) reply.mark_continued();
    reply.finish(handle::ResponseCode::kSuccess);
    return ahead_.has_value();
}

}  // namespace idnode::resolver
