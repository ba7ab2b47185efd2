-- The tables of hoymiles-bridge in MariaDB as its users have them, with a little of what it wrote: the inverter's row
-- once per port, a forgotten dtu_name, zeros at night.
CREATE TABLE inverters (
    serial_number varchar(255) PRIMARY KEY,
    dtu_name varchar(255),
    first_seen timestamp NOT NULL DEFAULT current_timestamp,
    last_seen timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp,
    inverter_type varchar(255),
    metadata json
);
CREATE TABLE inverter_data (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    serial_number varchar(255) NOT NULL,
    timestamp timestamp NOT NULL DEFAULT current_timestamp,
    grid_voltage float,
    grid_frequency float,
    temperature float,
    operating_status int,
    alarm_code int,
    alarm_count int,
    link_status int,
    raw_data json,
    FOREIGN KEY (serial_number) REFERENCES inverters (serial_number)
);
CREATE TABLE port_data (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    serial_number varchar(255) NOT NULL,
    port_number int NOT NULL,
    timestamp timestamp NOT NULL DEFAULT current_timestamp,
    pv_voltage float,
    pv_current float,
    pv_power float,
    today_production int,
    total_production int,
    raw_data json,
    FOREIGN KEY (serial_number) REFERENCES inverters (serial_number)
);
CREATE TABLE production_cache (
    serial_number varchar(255) NOT NULL,
    port_number int NOT NULL,
    today_production int NOT NULL,
    total_production int NOT NULL,
    last_updated timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp,
    PRIMARY KEY (serial_number, port_number),
    FOREIGN KEY (serial_number) REFERENCES inverters (serial_number)
);

SET time_zone = '+00:00';
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
