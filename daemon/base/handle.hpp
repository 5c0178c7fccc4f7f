// A C handle in one line: the function that frees it is part of the type and costs no byte.
#pragma once

#include <memory>
#include <unistd.h>
#include <utility>

namespace holdfast {

template <auto Free>
struct FreeWith {
    void operator()(auto* pointer) const noexcept { Free(pointer); }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

// Owns one file descriptor; -1 is none.
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~Fd() { close(); }

    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    void close() noexcept {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

private:
    int number_ = -1;
};

}  // namespace holdfast
