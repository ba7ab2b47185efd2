// Certificates made for one test: an authority of its own, and what it signs.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace heliograph::testkit {

/// A certificate and its private key, as PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

enum class Validity { valid, expired };

/// A certificate authority that lives in memory. Throws std::runtime_error when OpenSSL does not play along.
class Authority {
public:
    explicit Authority(const std::string& name = "Test Authority");
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    ~Authority();

    /// The authority's own certificate, as PEM.
    [[nodiscard]] const std::string& certificate() const noexcept;
    /// For the alternative names given, such as `DNS:db.local` or `IP:127.0.0.1`. A key password encrypts the
    /// key.
    [[nodiscard]] Identity issue(const std::vector<std::string>& names, Validity validity = Validity::valid,
                                 const std::string& key_password = {}) const;

private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

/// A certificate that only itself vouches for.
[[nodiscard]] Identity make_self_signed(const std::vector<std::string>& names);

}  // namespace heliograph::testkit
