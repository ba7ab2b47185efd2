-- Moves what hoymiles-bridge stored in PostgreSQL over to Heliograph's tables, so that old and new readings stand
-- together, in the tables inverter and port as well as under the bridge's names.
--
--   psql -h HOST -U hoymiles -d hoymiles -f keep-history-postgresql.sql
--
-- Before: stop hoymiles-bridge, and let Heliograph run until it has made the tables inverter and port. Then run this,
-- and restart Heliograph, which makes the views. Nothing is deleted: the bridge's tables are kept as bridge_inverters,
-- bridge_inverter_data, bridge_port_data and bridge_production_cache. All of it happens, or nothing.
--
-- The bridge stored times without a zone, as the server's clock had them. If the server's TimeZone was changed since,
-- set the old one here:
-- SET TimeZone = 'Europe/Berlin';

\set ON_ERROR_STOP on
BEGIN;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['inverters', 'inverter_data', 'port_data', 'production_cache'] LOOP
        IF NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(wanted) AND relkind IN ('r', 'p')) THEN
            RAISE EXCEPTION 'there is no table "%" of hoymiles-bridge in this database; nothing was changed', wanted
                USING HINT = 'If it is a view, the history has been moved already.';
        END IF;
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['inverter', 'port'] LOOP
        IF to_regclass(wanted) IS NULL THEN
            RAISE EXCEPTION 'the table "%" of Heliograph is not there yet; nothing was changed', wanted
                USING HINT = 'Let Heliograph run until it has stored a reading, then try again.';
        END IF;
    END LOOP;
END
$$;

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

-- The bridge wrote zeros for what an unreachable inverter cannot say; they become NULL. By way of numeric, 241.1 stays
-- 241.1 when it is no longer a real.
INSERT INTO inverter (time, dtu_name, serial_number, grid_voltage, grid_frequency, temperature, operating_status,
                      alarm_code, alarm_count, link_status)
SELECT CAST(reading.timestamp AS timestamptz), COALESCE(known.dtu_name, 'DTU'), reading.serial_number,
       CASE WHEN reading.link_status <> 0 THEN CAST(reading.grid_voltage AS numeric) END,
       CASE WHEN reading.link_status <> 0 THEN CAST(reading.grid_frequency AS numeric) END,
       CASE WHEN reading.link_status <> 0 THEN CAST(reading.temperature AS numeric) END,
       reading.operating_status, reading.alarm_code, reading.alarm_count, reading.link_status
FROM inverter_data AS reading
LEFT JOIN inverters AS known ON known.serial_number = reading.serial_number
ON CONFLICT DO NOTHING;

-- A lifetime of 0 Wh was written whenever the DTU did not know it; the energy of that day is not known then, either.
INSERT INTO port (time, dtu_name, port_number, serial_number, pv_voltage, pv_current, pv_power, today_production,
                  total_production)
SELECT CAST(reading.timestamp AS timestamptz), COALESCE(known.dtu_name, 'DTU'),
       CAST(reading.port_number AS text), reading.serial_number,
       CAST(reading.pv_voltage AS numeric), CAST(reading.pv_current AS numeric), CAST(reading.pv_power AS numeric),
       CASE WHEN reading.total_production > 0 THEN reading.today_production END,
       NULLIF(reading.total_production, 0)
FROM port_data AS reading
LEFT JOIN inverters AS known ON known.serial_number = reading.serial_number
ON CONFLICT DO NOTHING;

ALTER TABLE inverters RENAME TO bridge_inverters;
ALTER TABLE inverter_data RENAME TO bridge_inverter_data;
ALTER TABLE port_data RENAME TO bridge_port_data;
ALTER TABLE production_cache RENAME TO bridge_production_cache;

COMMIT;
