#include "publish/compressor.hpp"

#include "base/handle.hpp"

#include <zstd.h>

namespace holdfast::publish {

namespace {

constexpr int level_of_differences = 19;
// All of a system is packed files for the most part: more effort takes minutes and gains a percent.
constexpr int level_of_all = 9;
constexpr int window_log = 24;  // a prefix and what follows it; unbundle.cpp takes no more

std::string compress(ZSTD_CCtx* context, const Job& job) {
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                           job.head.ranges.empty() ? level_of_all : level_of_differences);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);  // stands in the head
    ZSTD_CCtx_refPrefix(context, job.prefix.data(), job.prefix.size());
    std::string frame(ZSTD_compressBound(job.plain.size()), '\0');
    const std::size_t size = ZSTD_compress2(context, frame.data(), frame.size(), job.plain.data(), job.plain.size());
    frame.resize(ZSTD_isError(size) ? 0 : size);
    return content::write_chunk(job.head, frame);
}

}  // namespace

Compressor::Compressor() {
    const unsigned count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

Compressor::~Compressor() {
    static_cast<void>(finish());
}

void Compressor::add(Job job) {
    std::unique_lock locked(mutex_);
    changed_.wait(locked, [&] { return waiting_.size() < 2 * threads_.size(); });
    waiting_.emplace_back(added_++, std::move(job));
    changed_.notify_all();
}

std::vector<std::string> Compressor::finish() {
    {
        const std::lock_guard locked(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();
    std::vector<std::string> chunks;
    for (auto& [number, chunk] : done_) chunks.push_back(std::move(chunk));
    done_.clear();
    return chunks;
}

void Compressor::work() {
    const Handle<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
    for (;;) {
        std::unique_lock locked(mutex_);
        changed_.wait(locked, [&] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto [number, job] = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        locked.unlock();
        std::string chunk = compress(context.get(), job);
        locked.lock();
        done_.emplace(number, std::move(chunk));
    }
}

}  // namespace holdfast::publish
