#include "plugins/testkit/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>

namespace heliograph::testkit {
namespace {

template <auto Release>
struct Releaser {
    template <typename T>
    void operator()(T* object) const noexcept {
        Release(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Releaser<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Releaser<&X509_free>>;
using Text = std::unique_ptr<BIO, Releaser<&BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Releaser<&X509_EXTENSION_free>>;

void ensure(bool ok, const char* what) {
    if (!ok) {
        throw std::runtime_error(std::string("making a test certificate: ") + what + " failed");
    }
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
    const Text bio(BIO_new(BIO_s_mem()));
    ensure(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing");
    return text_of(bio.get());
}

std::string pem(EVP_PKEY* key, const std::string& password) {
    const Text bio(BIO_new(BIO_s_mem()));
    const auto* cipher = password.empty() ? nullptr : EVP_aes_128_cbc();
    const int done =
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, password.empty() ? nullptr : password.c_str(),
                                      static_cast<int>(password.size()), nullptr, nullptr);
    ensure(done == 1, "writing the key");
    return text_of(bio.get());
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    ensure(key != nullptr, "making a key");
    return key;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
    ensure(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

struct Subject {
    std::string name;
    std::vector<std::string> alternative_names;
    bool is_authority = false;
    Validity validity = Validity::valid;
};

/// Signed by `issuer`, or by itself when that is null.
Certificate make_certificate(const Subject& subject, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate certificate(X509_new());
    ensure(certificate != nullptr, "making it");
    ensure(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "setting its version");
    std::uint32_t serial = 0;
    ensure(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "a random number");
    ensure(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial) == 1,
           "its serial number");
    constexpr long kDay = 86'400;
    const bool expired = subject.validity == Validity::expired;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), expired ? -3 * kDay : -kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -kDay : 2 * kDay);
    const auto* name = reinterpret_cast<const unsigned char*>(subject.name.c_str());
    X509_NAME* own = X509_get_subject_name(certificate.get());
    ensure(X509_NAME_add_entry_by_txt(own, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1, "its name");
    X509* signer = issuer == nullptr ? certificate.get() : issuer;
    ensure(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "its issuer");
    ensure(X509_set_pubkey(certificate.get(), key) == 1, "its key");
    add_extension(certificate.get(), signer, NID_basic_constraints,
                  subject.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    std::string names;
    for (const auto& alternative : subject.alternative_names) {
        names += (names.empty() ? "" : ",") + alternative;
    }
    if (!names.empty()) {
        add_extension(certificate.get(), signer, NID_subject_alt_name, names);
    }
    ensure(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "signing it");
    return certificate;
}

}  // namespace

struct Authority::Implementation {
    Key key;
    Certificate certificate;
    std::string text;
};

Authority::Authority(const std::string& name) : implementation_(std::make_unique<Implementation>()) {
    implementation_->key = make_key();
    EVP_PKEY* key = implementation_->key.get();
    implementation_->certificate =
        make_certificate({.name = name, .alternative_names = {}, .is_authority = true}, key, nullptr, key);
    implementation_->text = pem(implementation_->certificate.get());
}

Authority::~Authority() = default;

const std::string& Authority::certificate() const noexcept {
    return implementation_->text;
}

Identity Authority::issue(const std::vector<std::string>& names, Validity validity,
                          const std::string& key_password) const {
    const auto key = make_key();
    const auto certificate =
        make_certificate({.name = "test", .alternative_names = names, .validity = validity}, key.get(),
                         implementation_->certificate.get(), implementation_->key.get());
    return {pem(certificate.get()), pem(key.get(), key_password)};
}

Identity make_self_signed(const std::vector<std::string>& names) {
    const auto key = make_key();
    const auto certificate =
        make_certificate({.name = "alone", .alternative_names = names}, key.get(), nullptr, key.get());
    return {pem(certificate.get()), pem(key.get(), {})};
}

}  // namespace heliograph::testkit
