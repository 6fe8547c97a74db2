// What the protocol costs by itself: one message decoded, walked or built, nothing looked up.

#include <benchmark/benchmark.h>

#include "bench/micro/sample.h"
#include "proto/base/limits.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "proto/handle/value.h"

namespace idnode::bench {
namespace {

using handle::Envelope;
using handle::MessageWriter;

Envelope sample_envelope() {
    Envelope out;
    out.suggested = handle::kOwnVersion;
    out.request_id = 1;
    return out;
}

Bytes make_request() {
    Bytes out;
    MessageWriter message(out);
    handle::encode_resolution_request(kSampleHandle, {}, {}, message.body());
    message.finish(sample_envelope(), {.op = handle::OpCode::kResolution, .flags = 0x19000000});
    return out;
}

void write_response(BytesView values, Bytes& out) {
    MessageWriter message(out);
    message.body().text_u32(kSampleHandle);
    message.body().raw(values);
    message.finish(sample_envelope(), {.op = handle::OpCode::kResolution,
                                       .response = handle::ResponseCode::kSuccess,
                                       .flags = 0x99000000});
}

void decode_request(benchmark::State& state) {
    const Bytes request = make_request();
    for (auto _ : state) {
        const auto envelope = handle::decode_envelope(request);
        const auto message =
            handle::decode_message(*envelope, BytesView(request).subspan(limits::kEnvelopeBytes));
        auto question = handle::decode_resolution_request(message->body);
        benchmark::DoNotOptimize(question);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_request);

void walk_values(benchmark::State& state) {
    const Bytes values = handle::encode_values(sample_values());
    std::size_t public_values = 0;
    for (auto _ : state) {
        ByteReader in(values);
        handle::ValuesReader reader(in);
        while (const auto value = reader.next()) public_values += value->is_public() ? 1 : 0;
    }
    benchmark::DoNotOptimize(public_values);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(walk_values);

void build_response(benchmark::State& state) {
    const Bytes values = handle::encode_values(sample_values());
    Bytes out;
    for (auto _ : state) {
        out.clear();
        write_response(values, out);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["octets"] = static_cast<double>(out.size());
}
BENCHMARK(build_response);

void decode_response(benchmark::State& state) {
    Bytes response;
    write_response(handle::encode_values(sample_values()), response);
    for (auto _ : state) {
        const auto envelope = handle::decode_envelope(response);
        const auto message =
            handle::decode_message(*envelope, BytesView(response).subspan(limits::kEnvelopeBytes));
        auto body = handle::decode_resolution_response(message->body);
        benchmark::DoNotOptimize(body);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_response);

}  // namespace
}  // namespace idnode::bench
