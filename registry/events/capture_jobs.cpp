#include "registry/events/capture_jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::number_key;
using registration::Outcome;
using registration::Refusal;
using registration::Together;

namespace {

// Keys of kCaptureJobs: what it is, and the number of the job.
constexpr char kJob = 'j';
constexpr char kDocument = 'd';
constexpr char kWaiting = 'w';
constexpr char kOfEnterprise = 'e';  // u64 enterprise, u64 id with all bits turned: newest first

constexpr std::chrono::seconds kRetry{1};

std::string key_of(char kind, std::uint64_t id) {
    return kind + number_key(id);
}
std::string enterprise_key(std::uint64_t enterprise_id, std::uint64_t id) {
    return kOfEnterprise + number_key(enterprise_id) + number_key(~id);
}

Actor actor_of(const v1::CaptureJob& job) {
    return {.account = job.account(),
            .role = job.role(),
            .enterprise_id = job.enterprise_id(),
            .scopes = {v1::SCOPE_EVENTS_WRITE},
            .from = job.from()};
}

/// Whether trying again may help.
bool may_pass(const Refusal& refusal) {
    return refusal.code == Code::kStorage || refusal.code == Code::kBusy ||
           refusal.code == Code::kVersionMismatch || refusal.code == Code::kReadOnly;
}

void add_error(const Refusal& refusal, std::uint64_t index, std::string_view event_id,
               v1::CaptureJob& job) {
    job.set_failed(job.failed() + 1);
    if (job.errors_size() >= kCaptureErrorsMax) return;
    v1::CaptureError& error = *job.add_errors();
    error.set_index(index);
    error.set_event_id(event_id.data(), event_id.size());
    error.set_type(std::string(exception_of(refusal.code)));
    error.set_code(std::string(name_of(refusal)));
    error.set_field(refusal.field);
    error.set_message(refusal.message + (refusal.remedy.empty() ? "" : "; " + refusal.remedy));
    error.set_status(registration::http_status(refusal.code));
}

/// Carries out one job.
class JobRun {
  public:
    JobRun(const Lifecycle& lifecycle, v1::CaptureJob job)
        : lifecycle_(lifecycle), job_(std::move(job)), actor_(actor_of(job_)) {}

    Outcome<void> run(const std::atomic<bool>& stop) {
        const auto stored = registration::read_stored(
            lifecycle_.registrar.store, Table::kCaptureJobs, key_of(kDocument, job_.id()));
        if (!stored) return stored.error();
        if (!*stored) return registration::damaged_object();
        auto document = read_document(lifecycle_, as_text((*stored)->value));
        if (!document) return fail(document.error());
        document_ = *std::move(document);
        const std::size_t size = job_.proceed() ? kCaptureGroupMax : document_.events().size();
        do {
            if (stop) return {};
            auto done = capture_group(std::max<std::size_t>(size, 1));
            if (done) continue;
            if (may_pass(done.error())) return done;
            return fail(done.error());
        } while (!job_.has_finished());
        return {};
    }

  private:
    /// The next events of the document, and how far the job then is, in one commit.
    Outcome<void> capture_group(std::size_t size) {
        boost::json::array& events = document_.events();
        const std::size_t begin = job_.done();
        const std::size_t end = std::min(events.size(), begin + size);
        v1::CaptureJob next = job_;
        next.set_done(end);
        std::vector<v1::EventRecord> records;
        std::vector<std::size_t> indexes;
        const json::Place root;
        const json::Place list = root.member("eventList");
        for (std::size_t at = begin; at < end; ++at) {
            auto record = read_single(lifecycle_, events[at], document_.namespaces, list.item(at));
            if (!record) {
                add_error(record.error(), at, {}, next);
                continue;
            }
            records.push_back(*std::move(record));
            indexes.push_back(at);
        }
        if (!job_.proceed() && next.failed() > 0) return finish(next);
        const auto account = [&](const CapturedAll& all) {
            v1::CaptureJob out = next;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (all[i]) {
                    out.set_captured(out.captured() + 1);
                } else if (job_.proceed() || all[i].error().code != Code::kWrongState) {
                    add_error(all[i].error(), indexes[i], records[i].event_id(), out);
                }
            }
            return out;
        };
        const bool ends = end == events.size();
        CommitWith with;
        with.remember = [&](const CapturedAll& all) {
            return edits_of(ends ? finished(account(all)) : account(all));
        };
        const auto all =
            Capture(lifecycle_)
                .capture(actor_, records,
                         job_.proceed() ? Together::kIndependent : Together::kAllOrNothing, with);
        if (!all) return all.error();
        next = account(*all);
        if (!job_.proceed() && next.failed() > 0) return finish(next);
        job_ = ends ? finished(std::move(next)) : std::move(next);
        return {};
    }

    v1::CaptureJob finished(v1::CaptureJob job) const {
        *job.mutable_finished() = registration::to_timestamp(lifecycle_.registrar.clock.now());
        job.set_success(job.failed() == 0);
        if (!job.proceed() && job.failed() > 0) job.set_captured(0);
        return job;
    }
    static std::vector<model::ObjectEdit> edits_of(const v1::CaptureJob& job) {
        std::vector<model::ObjectEdit> out;
        out.push_back(registration::put(Table::kCaptureJobs, key_of(kJob, job.id()), job));
        if (!job.has_finished()) return out;
        out.push_back(registration::drop(Table::kCaptureJobs, key_of(kDocument, job.id())));
        out.push_back(registration::drop(Table::kCaptureJobs, key_of(kWaiting, job.id())));
        return out;
    }
    Outcome<void> finish(const v1::CaptureJob& job) {
        model::Change change = registration::change_by(actor_);
        job_ = finished(job);
        change.objects = edits_of(job_);
        const auto committed = registration::commit(lifecycle_.registrar.store, change);
        if (!committed) return committed.error();
        return {};
    }
    /// Of the job as a whole.
    Outcome<void> fail(const Refusal& refusal) {
        v1::CaptureJob job = job_;
        add_error(refusal, job.done(), {}, job);
        return finish(job);
    }

    const Lifecycle& lifecycle_;
    v1::CaptureJob job_;
    const Actor actor_;
    EventDocument document_;
};

}  // namespace

std::string_view exception_of(Code code) {
    switch (code) {
        case Code::kNotAuthenticated:
        case Code::kWrongLogin:
        case Code::kNotAllowed:
        case Code::kForeignPrefix:
        case Code::kPrefixDisabled:
        case Code::kReadOnly:
            return "SecurityException";
        case Code::kNotFound:
            return "NoSuchResourceException";
        case Code::kExists:
        case Code::kIdentifierExists:
        case Code::kKeyReused:
            return "ResourceAlreadyExistsException";
        case Code::kLimit:
            return "CaptureLimitExceededException";
        case Code::kTooMany:
        case Code::kQuota:
        case Code::kBusy:
        case Code::kStorage:
        case Code::kInternal:
            return "ImplementationException";
        default:
            return "ValidationException";
    }
}

Outcome<v1::CaptureJob> CaptureJobs::add(const Actor& actor, std::string_view document,
                                         OnError on_error) {
    if (auto may = require(actor, v1::SCOPE_EVENTS_WRITE); !may) return may.error();
    const registration::Registrar& registrar = lifecycle_.registrar;
    if (registrar.terms.is_mirror) return registration::to_refusal(Error{Errc::kRefused, {}});
    auto read = read_document(lifecycle_, document);
    if (!read) return read.error();
    v1::CaptureJob job;
    job.set_enterprise_id(actor.enterprise_id);
    job.set_account(actor.account);
    job.set_role(actor.role);
    job.set_from(actor.from);
    job.set_proceed(on_error == OnError::kProceed);
    job.set_events(read->events().size());
    *job.mutable_created() = registration::to_timestamp(registrar.clock.now());
    const auto done = registration::until_no_conflict([&]() -> Outcome<model::Committed> {
        const auto number = registration::next_number(registrar.store, "capture");
        if (!number) return number.error();
        job.set_id(number->number);
        model::Change change = registration::change_by(actor);
        change.objects = {
            number->edit, registration::put(Table::kCaptureJobs, key_of(kJob, job.id()), job),
            registration::point(Table::kCaptureJobs, key_of(kDocument, job.id()), document),
            registration::point(Table::kCaptureJobs, key_of(kWaiting, job.id())),
            registration::point(Table::kCaptureJobs,
                                enterprise_key(actor.enterprise_id, job.id()))};
        return registration::commit(registrar.store, change);
    });
    if (!done) return done.error();
    if (lifecycle_.captures != nullptr) lifecycle_.captures->wake();
    return job;
}

Outcome<v1::CaptureJob> CaptureJobs::find(const Actor& actor, std::uint64_t id) {
    if (auto may = require(actor, v1::SCOPE_EVENTS_READ); !may) return may.error();
    auto job = registration::find<v1::CaptureJob>(lifecycle_.registrar.store, Table::kCaptureJobs,
                                                  key_of(kJob, id));
    if (!job) return job.error();
    if (!*job || !actor.reaches((*job)->enterprise_id())) {
        return registration::not_found("capture job " + std::to_string(id));
    }
    return **std::move(job);
}

Outcome<CaptureJobs::Page> CaptureJobs::list(const Actor& actor, std::uint64_t before,
                                             std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_EVENTS_READ); !may) return may.error();
    const std::string beginning = kOfEnterprise + number_key(actor.enterprise_id);
    const auto entries = lifecycle_.registrar.store.scan_objects(
        Table::kCaptureJobs, beginning,
        before == 0 ? std::string() : enterprise_key(actor.enterprise_id, before), count_max + 1);
    if (!entries) return registration::to_refusal(entries.error());
    Page out;
    for (const model::StoredObject& entry : *entries) {
        const std::uint64_t id = ~registration::number_of_key(entry.key.substr(beginning.size()));
        if (out.jobs.size() == count_max) {
            out.next = out.jobs.back().id();
            break;
        }
        auto job = find(actor, id);
        if (!job) return job.error();
        out.jobs.push_back(*std::move(job));
    }
    return out;
}

Outcome<std::optional<v1::CaptureJob>> CaptureJobs::first_waiting() const {
    const model::RecordStore& store = lifecycle_.registrar.store;
    const auto waiting = store.scan_objects(Table::kCaptureJobs, std::string(1, kWaiting), {}, 1);
    if (!waiting) return registration::to_refusal(waiting.error());
    if (waiting->empty()) return std::optional<v1::CaptureJob>{};
    const std::uint64_t id = registration::number_of_key(waiting->front().key.substr(1));
    auto job = registration::find<v1::CaptureJob>(store, Table::kCaptureJobs, key_of(kJob, id));
    if (!job) return job.error();
    if (!*job) return registration::damaged_object();
    return job;
}

Outcome<void> CaptureJobs::carry_out(v1::CaptureJob job, const std::atomic<bool>& stop) {
    return JobRun(lifecycle_, std::move(job)).run(stop);
}

void CaptureQueue::start(const Lifecycle& lifecycle) {
    thread_ = std::thread([this, &lifecycle] { run(lifecycle); });
}

void CaptureQueue::wake() {
    {
        const std::scoped_lock lock(mutex_);
        has_more_ = true;
    }
    changed_.notify_all();
}

void CaptureQueue::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stops_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void CaptureQueue::run(const Lifecycle& lifecycle) {
    std::unique_lock lock(mutex_);
    while (!stops_) {
        if (!std::exchange(has_more_, false)) {
            changed_.wait(lock, [this] { return has_more_ || stops_; });
            continue;
        }
        lock.unlock();
        CaptureJobs jobs(lifecycle);
        bool again = false;
        while (!stops_ && !again) {
            auto job = jobs.first_waiting();
            if (job && !*job) break;
            again = !job || !jobs.carry_out(**std::move(job), stops_);
        }
        lock.lock();
        if (!again) continue;
        changed_.wait_for(lock, kRetry, [this] { return stops_.load(); });
        has_more_ = true;
    }
}

}  // namespace idnode::events
