// NVTX's C++ interface: ranges by scope, marks, and what describes them. Only messages are kept.
#ifndef NPU_CUDA_NVTX3_HPP
#define NPU_CUDA_NVTX3_HPP

#include "nvToolsExt.h"

#include <cstdint>
#include <string>
#include <utility>

namespace nvtx3 {
inline namespace v1 {

struct domain {
  struct global {};
};
struct rgb {
  constexpr explicit rgb(std::uint8_t r, std::uint8_t g, std::uint8_t b) : r(r), g(g), b(b) {}
  std::uint8_t r, g, b;
};
struct argb {
  constexpr explicit argb(std::uint8_t a, std::uint8_t r, std::uint8_t g, std::uint8_t b)
      : a(a), r(r), g(g), b(b) {}
  std::uint8_t a, r, g, b;
};
class color {
public:
  using value_type = std::uint32_t;
  constexpr explicit color(value_type hex) : value(hex) {}
  constexpr color(rgb c) : value(0xff000000u | unsigned(c.r) << 16 | unsigned(c.g) << 8 | c.b) {}
  constexpr color(argb c)
      : value(unsigned(c.a) << 24 | unsigned(c.r) << 16 | unsigned(c.g) << 8 | c.b) {}
  constexpr value_type get_value() const { return value; }

private:
  value_type value;
};
class category {
public:
  using id_type = std::uint32_t;
  constexpr explicit category(id_type id) : id(id) {}
  constexpr id_type get_id() const { return id; }

private:
  id_type id;
};
template <class Domain> class named_category_in : public category {
public:
  named_category_in(id_type id, const char *) : category(id) {}
  template <class Name> static const named_category_in &get() {
    static const named_category_in one(Name::id, Name::name);
    return one;
  }
};
using named_category = named_category_in<domain::global>;

template <class Domain> class registered_string_in {
public:
  explicit registered_string_in(const char *text) : text(text) {}
  explicit registered_string_in(const std::string &text) : text(text) {}
  template <class Message> static const registered_string_in &get() {
    static const registered_string_in one(Message::message);
    return one;
  }
  const char *c_str() const { return text.c_str(); }

private:
  std::string text;
};
using registered_string = registered_string_in<domain::global>;

class message {
public:
  message(const char *text) : text(text) {}
  message(const std::string &text) : text(text.c_str()) {}
  message(const wchar_t *) : text("") {}
  message(const std::wstring &) : text("") {}
  template <class Domain>
  message(const registered_string_in<Domain> &registered) : text(registered.c_str()) {}
  const char *get() const { return text; }

private:
  const char *text;
};
class payload {
public:
  template <class Number> constexpr explicit payload(Number) {}
};

class event_attributes {
public:
  event_attributes() = default;
  template <class... Rest> event_attributes(const color &, const Rest &...rest) {
    *this = event_attributes(rest...);
  }
  template <class... Rest> event_attributes(const category &, const Rest &...rest) {
    *this = event_attributes(rest...);
  }
  template <class... Rest> event_attributes(const payload &, const Rest &...rest) {
    *this = event_attributes(rest...);
  }
  template <class... Rest> event_attributes(const rgb &, const Rest &...rest) {
    *this = event_attributes(rest...);
  }
  template <class... Rest> event_attributes(const argb &, const Rest &...rest) {
    *this = event_attributes(rest...);
  }
  template <class... Rest> event_attributes(const message &own, const Rest &...rest) {
    *this = event_attributes(rest...);
    text = own.get();
  }
  template <class... Rest> event_attributes(const char *own, const Rest &...rest)
      : event_attributes(message(own), rest...) {}
  template <class... Rest> event_attributes(const std::string &own, const Rest &...rest)
      : event_attributes(message(own), rest...) {}
  template <class Domain, class... Rest>
  event_attributes(const registered_string_in<Domain> &own, const Rest &...rest)
      : event_attributes(message(own), rest...) {}
  const char *get() const { return text; }

private:
  const char *text = "";
};

template <class Domain = domain::global> class scoped_range_in {
public:
  explicit scoped_range_in(const event_attributes &attributes) {
    nvtxRangePushA(attributes.get());
  }
  template <class... Attributes>
  explicit scoped_range_in(const Attributes &...attributes)
      : scoped_range_in(event_attributes(attributes...)) {}
  scoped_range_in() : scoped_range_in(event_attributes()) {}
  ~scoped_range_in() { nvtxRangePop(); }
  scoped_range_in(const scoped_range_in &) = delete;
  scoped_range_in &operator=(const scoped_range_in &) = delete;
};
using scoped_range = scoped_range_in<domain::global>;
template <class Domain> using domain_thread_range = scoped_range_in<Domain>;
using thread_range = scoped_range;

struct range_handle {
  nvtxRangeId_t value = 0;
};
template <class Domain = domain::global> range_handle start_range_in(const event_attributes &a) {
  return {nvtxRangeStartA(a.get())};
}
template <class Domain = domain::global, class... Attributes>
range_handle start_range_in(const Attributes &...attributes) {
  return {nvtxRangeStartA(event_attributes(attributes...).get())};
}
template <class... Attributes> range_handle start_range(const Attributes &...attributes) {
  return {nvtxRangeStartA(event_attributes(attributes...).get())};
}
template <class Domain = domain::global> void end_range_in(range_handle range) {
  nvtxRangeEnd(range.value);
}
inline void end_range(range_handle range) { nvtxRangeEnd(range.value); }

template <class Domain = domain::global> class unique_range_in {
public:
  template <class... Attributes>
  explicit unique_range_in(const Attributes &...attributes)
      : range(start_range(attributes...)), owns(true) {}
  unique_range_in(unique_range_in &&other) noexcept
      : range(other.range), owns(std::exchange(other.owns, false)) {}
  ~unique_range_in() {
    if (owns)
      end_range(range);
  }

private:
  range_handle range;
  bool owns;
};
using unique_range = unique_range_in<domain::global>;

template <class Domain = domain::global, class... Attributes>
void mark_in(const Attributes &...attributes) {
  nvtxMarkA(event_attributes(attributes...).get());
}
template <class... Attributes> void mark(const Attributes &...attributes) {
  nvtxMarkA(event_attributes(attributes...).get());
}

} // namespace v1
} // namespace nvtx3

#define NVTX3_V1_FUNC_RANGE_IN(D) ::nvtx3::scoped_range_in<D> const nvtx3_range__(__func__)
#define NVTX3_V1_FUNC_RANGE() NVTX3_V1_FUNC_RANGE_IN(::nvtx3::domain::global)
#define NVTX3_V1_FUNC_RANGE_IF_IN(D, C)                                                            \
  ::nvtx3::scoped_range_in<D> const nvtx3_range__((C) ? __func__ : "")
#define NVTX3_V1_FUNC_RANGE_IF(C) NVTX3_V1_FUNC_RANGE_IF_IN(::nvtx3::domain::global, C)
#define NVTX3_FUNC_RANGE_IN NVTX3_V1_FUNC_RANGE_IN
#define NVTX3_FUNC_RANGE NVTX3_V1_FUNC_RANGE
#define NVTX3_FUNC_RANGE_IF_IN NVTX3_V1_FUNC_RANGE_IF_IN
#define NVTX3_FUNC_RANGE_IF NVTX3_V1_FUNC_RANGE_IF

#endif
