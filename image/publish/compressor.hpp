// Compresses chunks on all processors, in order.
#pragma once

#include "content/delta.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace holdfast::publish {

struct Job {
    content::ChunkHead head;
    std::string prefix, plain;  // the bytes of the head's ranges; what the chunk unpacks to
};

class Compressor {
public:
    Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    ~Compressor();

    // Waits while there is enough to do already.
    void add(Job job);
    // All chunks, in the order of their jobs.
    std::vector<std::string> finish();

private:
    void work();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<std::size_t, Job>> waiting_;
    std::map<std::size_t, std::string> done_;
    std::size_t added_ = 0;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace holdfast::publish
