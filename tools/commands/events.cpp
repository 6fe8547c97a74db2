// event, trace, history, recall, passport: lifecycle records over the HTTP interface of a node.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "proto/schemes/text.h"
#include "registry/http/rest/answers.h"
#include "registry/json/parse.h"
#include "tools/commands/commands.h"
#include "tools/commands/registration_api.h"
#include "tools/event_text.h"
#include "tools/exit_codes.h"

namespace idnode::tools {
namespace {

namespace bj = boost::json;

constexpr std::size_t kAnswerBytesMax = 64U << 20U;
constexpr std::size_t kPieceBytes = 8U << 20U;  // of a stream of events, in one request
constexpr std::chrono::milliseconds kJobPause{100};

struct Options {
    Connection connection;
    std::string subject;  // identifier, event id, file or kind of product
    std::string as_of;
    std::string as_known_at;
    std::string output;
    std::size_t count_max = 100;
    bool json = false;
    bool html = false;
    bool back = false;
    bool forward = false;
    bool lines = false;
    unsigned depth = 0;
    // recall
    std::vector<std::string> suspects;
    std::string place;
    std::string from;
    std::string before;
    std::string number;
    std::string reason;
};

std::string encoded(std::string_view text) {
    std::string out;
    schemes::append_encoded(text, out);
    return out;
}

/// `&name=value`, unless there is none.
std::string parameter(std::string_view name, const std::string& value) {
    return value.empty() ? "" : fmt::format("&{}={}", name, encoded(value));
}

std::string times_of(const Options& options) {
    return parameter("asOf", options.as_of) + parameter("asKnownAt", options.as_known_at);
}

/// The object in an answer; what is none is told, and the exit code is set.
std::optional<bj::object> read_answer(const Result<http::Response>& response, int& exit_code) {
    if (!response) {
        exit_code = tell_error(response.error());
        return std::nullopt;
    }
    if (response->result_int() >= 400) {
        exit_code = tell_answer(*response);
        return std::nullopt;
    }
    auto parsed = json::parse(response->body(), kAnswerBytesMax);
    if (!parsed || !parsed->is_object()) {
        complain("the server's answer cannot be read");
        exit_code = kExitNoAnswer;
        return std::nullopt;
    }
    return std::move(parsed->as_object());
}

/// Goes through the pages of an answer, `member` of each of which is a list.
template <class Take>
int read_pages(const Api& api, const std::string& target, const char* member, const Take& take) {
    std::string cursor;
    do {
        int exit_code = kExitDone;
        const auto page =
            read_answer(api.ask_at("GET", target + parameter("cursor", cursor)), exit_code);
        if (!page) return exit_code;
        const bj::value* list = page->if_contains(member);
        if (list != nullptr && list->is_array()) take(*page, list->as_array());
        cursor = text_at(*page, "cursor");
    } while (!cursor.empty());
    return kExitDone;
}

std::optional<std::string> read_input(const std::string& name) {
    if (name == "-") return std::string{std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream file(name, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>(file), {}};
}

// --- event capture

/// Waits until a document is captured, and shows what became of it.
int follow_job(const Api& api, const std::string& path) {
    for (;;) {
        const auto response = api.ask_at("GET", path);
        int exit_code = kExitDone;
        const auto job = read_answer(response, exit_code);
        if (!job) return exit_code;
        const bj::value* running = job->if_contains("running");
        if (running != nullptr && running->is_bool() && running->get_bool()) {
            std::this_thread::sleep_for(kJobPause);
            continue;
        }
        fmt::print("{}\n", http::indented(response->body()));
        const bj::value* success = job->if_contains("success");
        const bool done = success != nullptr && success->is_bool() && success->get_bool();
        return done ? kExitDone : kExitFailed;
    }
}

int capture_document(const Api& api, const std::string& text) {
    const auto response =
        api.ask_at("POST", "/capture", text, {{"Content-Type", "application/json"}});
    if (!response) return tell_error(response.error());
    if (response->result_int() != 202) return tell_answer(*response);
    const auto place = (*response)[boost::beast::http::field::location];
    return follow_job(api, std::string(place.data(), place.size()));
}

int capture_event(const Api& api, const std::string& text) {
    const auto response =
        api.ask_at("POST", "/events", text, {{"Content-Type", "application/json"}});
    if (!response) return tell_error(response.error());
    if (response->result_int() >= 400) return tell_answer(*response);
    const auto place = (*response)[boost::beast::http::field::location];
    fmt::print("{}\n", std::string_view(place.data(), place.size()));
    return kExitDone;
}

/// What is told of lines that failed; how many.
std::size_t tell_failures(std::string_view answer) {
    std::size_t failed = 0;
    while (!answer.empty()) {
        const std::string_view line = schemes::take_until(answer, '\n');
        if (!line.starts_with("{\"failure\"")) continue;
        ++failed;
        fmt::print("{}\n", line);
    }
    return failed;
}

/// Lines of events, some megabytes in one request. What is sent twice is captured once.
int capture_lines(const Api& api, std::string_view text) {
    std::size_t failed = 0;
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > kPieceBytes) {
            const std::size_t line_end = text.rfind('\n', kPieceBytes);
            end = line_end == std::string_view::npos ? text.find('\n', kPieceBytes) : line_end;
            end = end == std::string_view::npos ? text.size() : end + 1;
        }
        const auto response = api.ask_at("POST", "/capture", text.substr(0, end),
                                         {{"Content-Type", "application/x-ndjson"}});
        if (!response) return tell_error(response.error());
        if (response->result_int() >= 400) return tell_answer(*response);
        failed += tell_failures(response->body());
        text.remove_prefix(end);
    }
    return failed == 0 ? kExitDone : kExitFailed;
}

int run_capture(const Options& options) {
    const auto text = read_input(options.subject);
    if (!text) {
        complain(options.subject + ": cannot be read");
        return kExitUsage;
    }
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const bool lines = options.lines || options.subject.ends_with(".ndjson") ||
                       options.subject.ends_with(".jsonl");
    if (lines) return capture_lines(*api, *text);
    const auto parsed = json::parse(*text, kAnswerBytesMax);
    if (!parsed) {
        complain(fmt::format("{}: {}", options.subject, parsed.error().detail));
        return kExitUsage;
    }
    const bool is_event =
        parsed->is_object() && text_at(parsed->as_object(), "type") != "EPCISDocument";
    return is_event ? capture_event(*api, *text) : capture_document(*api, *text);
}

// --- event list, show, presets

int run_show(const Options& options, const std::string& target) {
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const auto response = api->ask_at("GET", target);
    return response ? tell_answer(*response) : tell_error(response.error());
}

int run_list(const Options& options) {
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const auto response = api->ask_at(
        "GET",
        fmt::format("/epcs/{}/events?perPage={}", encoded(options.subject), options.count_max));
    if (options.json) return response ? tell_answer(*response) : tell_error(response.error());
    int exit_code = kExitDone;
    const auto answer = read_answer(response, exit_code);
    if (!answer) return exit_code;
    const bj::value document(*answer);
    boost::system::error_code none;
    const bj::value* events =
        document.find_pointer("/epcisBody/queryResults/resultsBody/eventList", none);
    if (events == nullptr || !events->is_array()) return kExitDone;
    for (const bj::value& one : events->as_array()) {
        if (one.is_object()) fmt::print("{}\n", event_line(one.as_object()));
    }
    return kExitDone;
}

// --- history, trace

int run_history(const Options& options) {
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const std::string target = "/idn/v1/history?perPage=" + std::to_string(options.count_max) +
                               parameter("id", options.subject) + times_of(options);
    bool is_first = true;
    return read_pages(*api, target, "events", [&](const bj::object& page, const bj::array& list) {
        if (options.json) {
            for (const bj::value& one : list) fmt::print("{}\n", bj::serialize(one));
            return;
        }
        if (std::exchange(is_first, false)) fmt::print("{}\n", text_at(page, "id"));
        for (const bj::value& one : list) {
            if (one.is_object()) fmt::print("{}\n", timeline_line(one.as_object()));
        }
        const bj::value* redacted = page.if_contains("redacted");
        if (redacted != nullptr && redacted->is_number()) {
            fmt::print("({} more that are not shown to you)\n", bj::serialize(*redacted));
        }
    });
}

int run_trace(const Options& options) {
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    std::string target =
        fmt::format("/idn/v1/trace?direction={}", options.back ? "back" : "forward") +
        parameter("id", options.subject) + times_of(options);
    if (options.depth > 0) target += fmt::format("&depth={}", options.depth);
    std::string root;
    std::string truncated;
    bj::array nodes;
    const int exit_code =
        read_pages(*api, target, "nodes", [&](const bj::object& page, const bj::array& list) {
            root = text_at(page, "id");
            truncated = text_at(page, "truncated");
            nodes.insert(nodes.end(), list.begin(), list.end());
        });
    if (exit_code != kExitDone) return exit_code;
    if (options.json) {
        fmt::print(
            "{}\n",
            http::indented(bj::serialize(bj::object{{"id", root}, {"nodes", std::move(nodes)}})));
        return kExitDone;
    }
    fmt::print("{}", trace_tree(root, nodes));
    if (!truncated.empty()) fmt::print("(cut: {})\n", truncated);
    return kExitDone;
}

// --- recall, passport

bj::object recall_body(const Options& options) {
    bj::object out;
    if (!options.suspects.empty()) {
        bj::array& list = out["suspects"].emplace_array();
        for (const std::string& one : options.suspects) list.emplace_back(one);
    }
    if (!options.place.empty()) {
        bj::object& window = out["window"].emplace_object();
        window["place"] = options.place;
        if (!options.from.empty()) window["from"] = options.from;
        if (!options.before.empty()) window["to"] = options.before;
    }
    if (!options.as_of.empty()) out["asOf"] = options.as_of;
    if (!options.number.empty()) {
        out["mark"] = true;
        out["number"] = options.number;
        out["reason"] = options.reason;
    }
    return out;
}

int run_recall(const Options& options) {
    if (options.suspects.empty() && options.place.empty()) {
        complain("recall: give identifiers that are suspect, or --place");
        return kExitUsage;
    }
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const auto response =
        api->ask_at("POST", "/idn/v1/recall", bj::serialize(recall_body(options)),
                    {{"Content-Type", "application/json"}, {"Accept", "application/x-ndjson"}});
    if (!response) return tell_error(response.error());
    if (response->result_int() >= 400) return tell_answer(*response);
    fmt::print("{}", response->body());
    return kExitDone;
}

int run_passport(const Options& options) {
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const auto response =
        api->ask_at("GET", "/idn/v1/passport?id=" + encoded(options.subject), {},
                    {{"Accept", options.html ? "text/html" : "application/ld+json"}});
    if (!response) return tell_error(response.error());
    if (response->result_int() >= 400) return tell_answer(*response);
    const std::string text =
        options.html ? response->body() : http::indented(response->body()) + "\n";
    if (options.output.empty()) {
        fmt::print("{}", text);
        return kExitDone;
    }
    std::ofstream file(options.output, std::ios::binary);
    file << text;
    file.close();
    if (file) return kExitDone;
    complain(options.output + ": cannot be written");
    return kExitFailed;
}

// --- options

using Run = int (*)(const Options&);

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help,
                      const std::shared_ptr<Options>& options, Run run, int& exit_code) {
    CLI::App* command = parent.add_subcommand(name, help);
    add_connection(*command, options->connection);
    command->callback([options, run, &exit_code] { exit_code = run(*options); });
    return command;
}

/// Whoever sends no token sees what is public.
std::shared_ptr<Options> for_everyone() {
    auto out = std::make_shared<Options>();
    out->connection.needs_token = false;
    return out;
}

void add_times(CLI::App& command, Options& options) {
    command.add_option("--as-of", options.as_of, "What had happened up to this time");
    command.add_option("--as-known-at", options.as_known_at, "What was known at this time");
    command.add_flag("--json", options.json, "JSON");
}

void add_history(CLI::App& parent, const std::string& name, int& exit_code) {
    auto options = for_everyone();
    CLI::App* command =
        add_command(parent, name, "What happened to an identifier, also inside its containers",
                    options, run_history, exit_code);
    command->add_option("id", options->subject, "Identifier in any spelling")->required();
    add_times(*command, *options);
}

void add_event(CLI::App& program, int& exit_code) {
    CLI::App* event = program.add_subcommand("event", "Lifecycle events");
    event->require_subcommand(1);
    auto capture = std::make_shared<Options>();
    CLI::App* command = add_command(*event, "capture", "Capture events from a file", capture,
                                    run_capture, exit_code);
    command
        ->add_option("file", capture->subject,
                     "A document, one event, or lines of events (.ndjson); - is standard input")
        ->required();
    command->add_flag("--lines", capture->lines, "Lines of events, an event each");

    auto list = for_everyone();
    command = add_command(*event, "list", "Events that name an identifier, newest first", list,
                          run_list, exit_code);
    command->add_option("id", list->subject, "Identifier as a URI")->required();
    command->add_option("--limit", list->count_max, "At most so many")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    command->add_flag("--json", list->json, "JSON");

    auto show = for_everyone();
    command = add_command(
        *event, "show", "One event", show,
        [](const Options& options) {
            return run_show(options, "/events/" + encoded(options.subject));
        },
        exit_code);
    command->add_option("event-id", show->subject, "The event's id")->required();

    auto presets = for_everyone();
    command = add_command(
        *event, "presets", "Which event to send when, by kind of product", presets,
        [](const Options& options) {
            return run_show(options,
                            "/idn/v1/events/presets" +
                                (options.subject.empty() ? std::string() : "/" + options.subject));
        },
        exit_code);
    command->add_option("kind", presets->subject, "Of product: discrete-product, process-lot, …");
    add_history(*event, "timeline", exit_code);
}

void add_trace(CLI::App& program, int& exit_code) {
    auto options = for_everyone();
    CLI::App* command = add_command(program, "trace", "What went into a product, or where it went",
                                    options, run_trace, exit_code);
    command->add_option("id", options->subject, "Identifier in any spelling")->required();
    CLI::Option* back = command->add_flag("--back", options->back, "What it was made of");
    command->add_flag("--forward", options->forward, "Where it went: the default")->excludes(back);
    command->add_option("--depth", options->depth, "At most so many steps")
        ->check(CLI::Range(1, 32));
    add_times(*command, *options);
}

void add_recall(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(program, "recall", "Everything that something suspect reached, a line each",
                    options, run_recall, exit_code);
    command->add_option("id", options->suspects, "Lots, components, logistic units");
    command->add_option("--place", options->place, "What was at this place is suspect");
    command->add_option("--from", options->from, "Since this time");
    command->add_option("--to", options->before, "Until before this time");
    command->add_option("--as-of", options->as_of, "What had happened up to this time");
    CLI::Option* number = command->add_option(
        "--mark", options->number, "Mark what is affected as recalled, under this number");
    command->add_option("--reason", options->reason, "Why it is recalled")->needs(number);
}

void add_passport(CLI::App& program, int& exit_code) {
    auto options = for_everyone();
    CLI::App* command = add_command(program, "passport", "What is known of a product, in one view",
                                    options, run_passport, exit_code);
    command->add_option("id", options->subject, "Identifier in any spelling")->required();
    command->add_flag("--html", options->html, "A page for reading and printing, not JSON-LD");
    command->add_option("-o,--output", options->output, "Into this file");
}

}  // namespace

void add_events(CLI::App& program, int& exit_code) {
    add_event(program, exit_code);
    add_trace(program, exit_code);
    add_history(program, "history", exit_code);
    add_recall(program, exit_code);
    add_passport(program, exit_code);
}

}  // namespace idnode::tools
