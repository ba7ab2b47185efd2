// A site of somebody who comes from hoymiles-bridge: a simulated DTU, a real database server, and the config
// that comes with the program, told everything by the environment that the bridge had.
#pragma once

#include "tests/integration/driver/program.hpp"
#include "tests/integration/driver/workspace.hpp"
#include "tests/servers/support/server.hpp"
#include "tools/dtu_simulator/simulator.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace heliograph::testing {

/// The database server that DB_TYPE names, with the user and the password that the bridge had.
class BridgeDatabase {
public:
    BridgeDatabase() = default;
    BridgeDatabase(const BridgeDatabase&) = delete;
    BridgeDatabase& operator=(const BridgeDatabase&) = delete;
    virtual ~BridgeDatabase() = default;

    /// As the bridge's user. Throws std::runtime_error when the server refuses it.
    virtual Rows query(const std::string& sql) = 0;
    /// What the client program for people says to a script; throws nothing.
    [[nodiscard]] Finished run_script(const Workspace& workspace, const std::filesystem::path& script) const;
    /// DB_TYPE and the rest.
    [[nodiscard]] virtual std::map<std::string, std::string> environment() const = 0;
    /// A part of the names of files: postgresql, mariadb.
    [[nodiscard]] virtual std::string name() const = 0;

    /// The only value of the only row.
    std::string value(const std::string& sql);
    /// The only value as a number; 0 as long as the table is not there.
    std::int64_t count(const std::string& sql);

protected:
    /// A command line for the shell that reads SQL from standard input.
    [[nodiscard]] virtual std::string client() const = 0;
};

/// "postgres" or "mysql", as DB_TYPE has it.
[[nodiscard]] std::unique_ptr<BridgeDatabase> make_bridge_database(const std::string& type);

class BridgeSite {
public:
    /// `database_type` as make_bridge_database has it; empty for somebody without an SQL database.
    explicit BridgeSite(const std::string& database_type);

    [[nodiscard]] BridgeDatabase& database() { return *database_; }
    [[nodiscard]] const Workspace& workspace() const { return workspace_; }
    /// What the inverters' ports say all the time: the simulated clock stands still.
    [[nodiscard]] const dtu_simulator::Plant& plant() const { return dtu_.plant(0); }
    [[nodiscard]] dtu_simulator::PortReading reading(std::size_t port) const;

    /// The bridge's .env: every variable that it knows.
    [[nodiscard]] std::map<std::string, std::string> environment() const;
    /// The program on the config that comes with it. What `more` has goes before environment().
    [[nodiscard]] std::unique_ptr<Program> start(std::map<std::string, std::string> more = {}) const;
    /// Waits until a reading more of every kind is stored.
    [[nodiscard]] bool wait_for_reading();

private:
    Workspace workspace_;
    dtu_simulator::DtuSimulator dtu_;
    std::unique_ptr<BridgeDatabase> database_;
};

/// The config that comes with the program.
inline const std::filesystem::path kBridgeConfig = HELIOGRAPH_SOURCE_DIR "/configs/hoymiles-bridge.toml";

}  // namespace heliograph::testing
