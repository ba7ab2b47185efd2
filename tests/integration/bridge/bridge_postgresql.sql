-- The tables of hoymiles-bridge in PostgreSQL as its users have them, with a little of what it wrote: the inverter's row
-- once per port, a forgotten dtu_name, zeros at night.
CREATE TABLE inverters (
    serial_number text PRIMARY KEY,
    dtu_name text,
    first_seen timestamp NOT NULL DEFAULT now(),
    last_seen timestamp NOT NULL DEFAULT now(),
    inverter_type text,
    metadata jsonb
);
CREATE TABLE inverter_data (
    id bigserial PRIMARY KEY,
    serial_number text NOT NULL REFERENCES inverters (serial_number),
    timestamp timestamp NOT NULL DEFAULT now(),
    grid_voltage real,
    grid_frequency real,
    temperature real,
    operating_status integer,
    alarm_code integer,
    alarm_count integer,
    link_status integer,
    raw_data jsonb
);
CREATE TABLE port_data (
    id bigserial PRIMARY KEY,
    serial_number text NOT NULL REFERENCES inverters (serial_number),
    port_number integer NOT NULL,
    timestamp timestamp NOT NULL DEFAULT now(),
    pv_voltage real,
    pv_current real,
    pv_power real,
    today_production integer,
    total_production integer,
    raw_data jsonb
);
CREATE TABLE production_cache (
    serial_number text NOT NULL REFERENCES inverters (serial_number),
    port_number integer NOT NULL,
    today_production integer NOT NULL,
    total_production integer NOT NULL,
    last_updated timestamp NOT NULL DEFAULT now(),
    PRIMARY KEY (serial_number, port_number)
);

INSERT INTO inverters (serial_number, dtu_name) VALUES ('116100000001', NULL), ('116100000002', 'Garage');
INSERT INTO inverter_data (serial_number, timestamp, grid_voltage, grid_frequency, temperature, operating_status,
                           alarm_code, alarm_count, link_status)
VALUES ('116100000001', '2025-06-01 12:00:00.1', 241.1, 49.98, 31.5, 3, 0, 4, 1),
       ('116100000001', '2025-06-01 12:00:00.3', 241.1, 49.98, 31.5, 3, 0, 4, 1),
       ('116100000002', '2025-06-01 12:00:00.5', 240.9, 49.98, 29.3, 3, 0, 0, 1),
       ('116100000001', '2025-06-01 23:00:00.1', 0, 0, 0, 0, 0, 4, 0);
INSERT INTO port_data (serial_number, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
                       total_production)
VALUES ('116100000001', 1, '2025-06-01 12:00:00.2', 35.2, 1.18, 41.5, 812, 66654),
       ('116100000001', 2, '2025-06-01 12:00:00.4', 35.4, 1.21, 42.8, 815, 66701),
       ('116100000002', 1, '2025-06-01 12:00:00.6', 35.1, 1.19, 41.7, 811, 50000),
       ('116100000001', 1, '2025-06-01 23:00:00.2', 0, 0, 0, 0, 0);
INSERT INTO production_cache (serial_number, port_number, today_production, total_production)
VALUES ('116100000001', 1, 0, 0);
