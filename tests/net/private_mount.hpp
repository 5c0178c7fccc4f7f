// A file or folder of the system that is another one for this process only.
#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>

namespace holdfast::test {

class PrivateMount {
public:
    PrivateMount(const std::filesystem::path& from, const std::filesystem::path& over) : over_(over) {
        BOOST_REQUIRE(::unshare(CLONE_NEWNS) == 0);
        BOOST_REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
        BOOST_REQUIRE(::mount(from.c_str(), over.c_str(), nullptr, MS_BIND, nullptr) == 0);
    }
    PrivateMount(const PrivateMount&) = delete;
    PrivateMount& operator=(const PrivateMount&) = delete;
    ~PrivateMount() { ::umount2(over_.c_str(), MNT_DETACH); }

private:
    std::filesystem::path over_;
};

}  // namespace holdfast::test
