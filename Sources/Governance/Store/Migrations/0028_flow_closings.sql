-- What is to be closed of a flow has a delay too, also of one that has ended.
ALTER TABLE network_flows DROP CONSTRAINT network_flows_check1;
