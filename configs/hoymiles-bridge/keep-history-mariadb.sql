-- Moves what hoymiles-bridge stored in MariaDB over to Heliograph's tables, so that old and new readings stand
-- together, in the tables inverter and port as well as under the bridge's names.
--
--   mariadb -h HOST -u hoymiles -p hoymiles < keep-history-mariadb.sql
--
-- Before: stop hoymiles-bridge, and let Heliograph run until it has made the tables inverter and port. Then run this,
-- and restart Heliograph, which makes the views. Nothing is deleted: the bridge's tables are kept as bridge_inverters,
-- bridge_inverter_data, bridge_port_data and bridge_production_cache. If it fails half-way, run it again.

-- Columns of the type TIMESTAMP are then read in UTC, which is what Heliograph stores.
SET time_zone = '+00:00';

DELIMITER //
BEGIN NOT ATOMIC
    IF (SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
          AND table_name IN ('inverters', 'inverter_data', 'port_data', 'production_cache')) < 4 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT =
            'the tables of hoymiles-bridge are not all here, or have been moved already; nothing was changed';
    END IF;
    IF (SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name IN ('inverter', 'port')) < 2 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT =
            'Heliograph has not made its tables yet; let it store a reading, then try again; nothing was changed';
    END IF;
END //
DELIMITER ;

-- At night Heliograph may have seen no reading with all of these.
ALTER TABLE inverter
    ADD COLUMN IF NOT EXISTS grid_voltage double precision,
    ADD COLUMN IF NOT EXISTS grid_frequency double precision,
    ADD COLUMN IF NOT EXISTS temperature double precision,
    ADD COLUMN IF NOT EXISTS operating_status bigint,
    ADD COLUMN IF NOT EXISTS alarm_code bigint,
    ADD COLUMN IF NOT EXISTS alarm_count bigint,
    ADD COLUMN IF NOT EXISTS link_status bigint;
ALTER TABLE port
    ADD COLUMN IF NOT EXISTS pv_voltage double precision,
    ADD COLUMN IF NOT EXISTS pv_current double precision,
    ADD COLUMN IF NOT EXISTS pv_power double precision,
    ADD COLUMN IF NOT EXISTS today_production bigint,
    ADD COLUMN IF NOT EXISTS total_production bigint;

START TRANSACTION;

-- The bridge wrote zeros for what an unreachable inverter cannot say; they become NULL. Rounded, 241.1 stays 241.1 when
-- it is no longer a FLOAT. Rows that the bridge wrote more than once in a second become one.
INSERT INTO inverter (time, dtu_name, serial_number, grid_voltage, grid_frequency, temperature, operating_status,
                      alarm_code, alarm_count, link_status)
SELECT reading.timestamp, COALESCE(known.dtu_name, 'DTU'), reading.serial_number,
       CASE WHEN reading.link_status <> 0 THEN ROUND(reading.grid_voltage, 2) END,
       CASE WHEN reading.link_status <> 0 THEN ROUND(reading.grid_frequency, 2) END,
       CASE WHEN reading.link_status <> 0 THEN ROUND(reading.temperature, 2) END,
       reading.operating_status, reading.alarm_code, reading.alarm_count, reading.link_status
FROM inverter_data AS reading
LEFT JOIN inverters AS known ON known.serial_number = reading.serial_number
ON DUPLICATE KEY UPDATE inverter.time = inverter.time;

-- A lifetime of 0 Wh was written whenever the DTU did not know it; the energy of that day is not known then, either.
INSERT INTO port (time, dtu_name, port_number, serial_number, pv_voltage, pv_current, pv_power, today_production,
                  total_production)
SELECT reading.timestamp, COALESCE(known.dtu_name, 'DTU'), CAST(reading.port_number AS CHAR), reading.serial_number,
       ROUND(reading.pv_voltage, 2), ROUND(reading.pv_current, 2), ROUND(reading.pv_power, 2),
       CASE WHEN reading.total_production > 0 THEN reading.today_production END,
       NULLIF(reading.total_production, 0)
FROM port_data AS reading
LEFT JOIN inverters AS known ON known.serial_number = reading.serial_number
ON DUPLICATE KEY UPDATE port.time = port.time;

COMMIT;

RENAME TABLE
    inverters TO bridge_inverters,
    inverter_data TO bridge_inverter_data,
    port_data TO bridge_port_data,
    production_cache TO bridge_production_cache;
