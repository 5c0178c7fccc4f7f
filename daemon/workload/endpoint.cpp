#include "workload/endpoint.hpp"

#include "base/file.hpp"
#include "workload.grpc.pb.h"

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <mutex>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::workload {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_calls = 64;  // of one workload
constexpr int largest_request = 4096;   // bytes; all of them are empty
constexpr int idle_milliseconds = 60'000;
constexpr std::chrono::seconds farewell{1};  // for words that are on their way to clients
constexpr unsigned owner_only = 0600;

// What gRPC says by itself when a server ends, "cancelled", some clients take for their own wish and never come again.
grpc::Status come_again() {
    return {grpc::StatusCode::UNAVAILABLE, "this endpoint closes"};
}

grpc::Status status_of(const Error& error) {
    // Clients come again for both (SPIFFE Workload Endpoint, section 6).
    const bool refused = error.code == Code::Denied || error.code == Code::NotFound;
    return {refused ? grpc::StatusCode::PERMISSION_DENIED : grpc::StatusCode::UNAVAILABLE, error.what};
}

// What shows that nobody was talked into the request (SPIFFE Workload Endpoint, section 3).
bool has_header(const grpc::CallbackServerContext& call) {
    const auto& all = call.client_metadata();
    return all.count("workload.spiffe.io") == 1 && all.find("workload.spiffe.io")->second == "true";
}

void write(const Papers& papers, const std::string& hint, X509SVIDResponse& into) {
    auto& svid = *into.add_svids();
    svid.set_spiffe_id(papers.id);
    svid.set_x509_svid(papers.chain);
    svid.set_x509_svid_key(papers.key);
    svid.set_bundle(papers.bundle);
    svid.set_hint(hint);
}

void write(const Papers& papers, const std::string& /*hint*/, X509BundlesResponse& into) {
    (*into.mutable_bundles())[papers.trust_domain] = papers.bundle;
}

// A call that stays open.
class Call {
public:
    virtual ~Call() = default;
    virtual void tell(const Papers& papers, const std::string& hint) = 0;
    virtual void end(const grpc::Status& status) = 0;
};

// Made in a thread of gRPC, told by that and by others, and gone when gRPC has done with it.
template <class Response>
class Writer final : public Call, public grpc::ServerWriteReactor<Response> {
public:
    explicit Writer(std::function<void(Call&)> gone) : gone_(std::move(gone)) {}

    void tell(const Papers& papers, const std::string& hint) override {
        Response response;
        write(papers, hint, response);
        const std::scoped_lock lock(mutex_);
        std::string bytes = response.SerializeAsString();
        if (bytes == told_) return;
        told_ = std::move(bytes);
        next_ = std::move(response);
        go_on();
    }
    // Nothing of this is touched any more after Finish, which may be the end of it.
    void end(const grpc::Status& status) override {
        {
            const std::scoped_lock lock(mutex_);
            if (over_) return;
            over_ = true;
        }
        this->Finish(status);
    }
    void OnWriteDone(bool well) override {
        if (!well) return end(come_again());
        const std::scoped_lock lock(mutex_);
        writing_ = false;
        go_on();
    }
    void OnCancel() override { end(come_again()); }
    void OnDone() override {
        gone_(*this);
        delete this;
    }

private:
    void go_on() {
        if (over_ || writing_ || !next_) return;
        current_ = *std::move(next_);
        next_.reset();
        writing_ = true;
        this->StartWrite(&current_);
    }

    std::function<void(Call&)> gone_;
    std::mutex mutex_;
    std::string told_;
    std::optional<Response> next_;
    Response current_;
    bool writing_ = false, over_ = false;
};

}  // namespace

class Endpoint::State final : public SpiffeWorkloadAPI::CallbackService {
public:
    State(const Workload& workload, Desk& desk, fs::path folder)
        : workload_(workload), desk_(&desk), folder_(std::move(folder)) {}
    ~State() override {
        if (!server_) return;
        ::unlink((folder_ / socket_name).c_str());
        end_all();
        server_->Shutdown(std::chrono::system_clock::now() + farewell);
        server_->Wait();
    }

    grpc::ServerWriteReactor<X509SVIDResponse>* FetchX509SVID(grpc::CallbackServerContext* call,
                                                              const X509SVIDRequest* /*request*/) override {
        return answer<X509SVIDResponse>(*call);
    }
    grpc::ServerWriteReactor<X509BundlesResponse>* FetchX509Bundles(grpc::CallbackServerContext* call,
                                                                    const X509BundlesRequest* /*request*/) override {
        return answer<X509BundlesResponse>(*call);
    }

    Result<> listen() {
        const uid_t user = TRY(user_id(workload_.user));
        const fs::path socket = folder_ / socket_name;
        if (socket.native().size() >= sizeof(sockaddr_un::sun_path))
            return fail(Code::Corrupt, socket.string() + ": too long for a socket");
        TRY(make_directories(folder_));
        fs::permissions(folder_, fs::perms(0755));
        grpc::ServerBuilder builder;
        builder.AddListeningPort("unix:" + socket.string(), grpc::InsecureServerCredentials());
        builder.RegisterService(this);
        builder.SetMaxReceiveMessageSize(largest_request);
        builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(most_calls));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, idle_milliseconds);
        server_ = builder.BuildAndStart();
        if (!server_) return fail(Code::Busy, "cannot listen at " + socket.string());
        // Root's alone until the very last step.
        if (::chmod(socket.c_str(), owner_only) != 0 ||
            ::fchownat(AT_FDCWD, socket.c_str(), user, static_cast<gid_t>(-1), AT_SYMLINK_NOFOLLOW) != 0)
            return std::unexpected(system_error(errno, socket, "giving it to its user"));
        return {};
    }

    void look_again() {
        const std::scoped_lock lock(mutex_);
        if (calls_.empty()) return;
        const auto papers = desk_->papers(workload_);
        if (!papers) return log(4, papers.error().what + "; who has papers keeps them");
        log(4, (*papers)->note);
        for (auto* call : calls_) call->tell(**papers, workload_.hint);
    }
    const Workload& workload() const { return workload_; }

private:
    template <class Response>
    grpc::ServerWriteReactor<Response>* answer(const grpc::CallbackServerContext& context) {
        auto* call = new Writer<Response>([this](Call& gone) {
            const std::scoped_lock lock(mutex_);
            calls_.erase(&gone);
        });
        const auto refused = has_header(context) ? take_in(*call)
                                                 : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                                                                "the header 'workload.spiffe.io: true' is missing");
        if (!refused.ok()) call->end(refused);
        return call;
    }

    // Nobody who is taken in misses what comes right after: one at a time.
    grpc::Status take_in(Call& call) {
        const std::scoped_lock lock(mutex_);
        if (closes_) return come_again();
        if (calls_.size() >= most_calls) return {grpc::StatusCode::UNAVAILABLE, "too many calls are open"};
        const auto papers = desk_->papers(workload_);
        if (!papers) {
            log(4, papers.error().what);
            return status_of(papers.error());
        }
        log(4, (*papers)->note);
        calls_.insert(&call);
        call.tell(**papers, workload_.hint);
        return grpc::Status::OK;
    }

    void end_all() {
        const std::scoped_lock lock(mutex_);
        closes_ = true;
        for (auto* call : calls_) call->end(come_again());
    }

    // Clients come again and again: the same words are said once.
    void log(int level, const std::string& words) {
        if (words == said_) return;
        said_ = words;
        if (!words.empty()) std::fprintf(stderr, "<%d>workload %s: %s\n", level, workload_.name.c_str(), words.c_str());
    }

    Workload workload_;
    Desk* desk_;
    fs::path folder_;
    std::mutex mutex_;
    std::set<Call*> calls_;
    std::string said_;
    bool closes_ = false;
    std::unique_ptr<grpc::Server> server_;
};

Endpoint::Endpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint& Endpoint::operator=(Endpoint&&) noexcept = default;
Endpoint::~Endpoint() = default;

Result<Endpoint> Endpoint::open(const Workload& workload, Desk& desk, const fs::path& root) {
    auto state = std::make_unique<State>(workload, desk, root / endpoints_folder / workload.name);
    TRY(state->listen());
    return Endpoint(std::move(state));
}

void Endpoint::look_again() {
    state_->look_again();
}

const Workload& Endpoint::workload() const {
    return state_->workload();
}

}  // namespace holdfast::workload
