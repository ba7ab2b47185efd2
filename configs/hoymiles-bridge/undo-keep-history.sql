-- Gives the tables of hoymiles-bridge their names back, for PostgreSQL and MariaDB: what keep-history-*.sql renamed is
-- as it was before. What it copied into Heliograph's tables stays there.
--
--   psql -h HOST -U hoymiles -d hoymiles -f undo-keep-history.sql
--   mariadb -h HOST -u hoymiles -p hoymiles < undo-keep-history.sql
--
-- Stop Heliograph first.

BEGIN;
DROP VIEW IF EXISTS production_cache, port_data, inverter_data, inverters;
ALTER TABLE bridge_inverters RENAME TO inverters;
ALTER TABLE bridge_inverter_data RENAME TO inverter_data;
ALTER TABLE bridge_port_data RENAME TO port_data;
ALTER TABLE bridge_production_cache RENAME TO production_cache;
COMMIT;
