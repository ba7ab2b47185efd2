// A module with no more than a descriptor; what is wrong with it is chosen when it is compiled.
#include <heliograph/abi.h>

#include <cstdint>
#include <cstring>

#ifndef TEST_MAJOR
#define TEST_MAJOR HG_ABI_MAJOR
#endif
#ifndef TEST_MINOR
#define TEST_MINOR HG_ABI_MINOR
#endif
#ifndef TEST_SIZE
#define TEST_SIZE sizeof(hg_descriptor)
#endif
#ifndef TEST_TYPE
#define TEST_TYPE "good"
#endif
#ifndef TEST_KIND
#define TEST_KIND HG_KIND_OUTPUT
#endif

#ifndef TEST_NO_SYMBOL
extern "C" __attribute__((visibility("default"))) const hg_descriptor* heliograph_plugin();

extern "C" const hg_descriptor* heliograph_plugin() {
#ifdef TEST_NO_DESCRIPTOR
    return nullptr;
#else
    static const hg_descriptor made = [] {
        hg_descriptor descriptor{};
        descriptor.size = TEST_SIZE;
        descriptor.abi_major = TEST_MAJOR;
        descriptor.abi_minor = TEST_MINOR;
        descriptor.kind = TEST_KIND;
        descriptor.type = {TEST_TYPE, std::strlen(TEST_TYPE)};
#ifndef TEST_NO_CREATE
        descriptor.create = [](const hg_host*, hg_plugin**, hg_error*) -> std::int32_t { return HG_FATAL; };
#endif
        return descriptor;
    }();
    return &made;
#endif
}
#endif
