#!/bin/sh
# First start of the PostgreSQL container: roles, their passwords, and the database owned by crm_owner.
set -eu
owner_password=$(cat /run/secrets/owner_password)
app_password=$(cat /run/secrets/app_password)
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --file /roles.sql
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$owner_password" --set app_password="$app_password" <<'SQL'
ALTER ROLE crm_owner PASSWORD :'owner_password';
ALTER ROLE crm_app PASSWORD :'app_password';
CREATE DATABASE campaign_crm OWNER crm_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE campaign_crm FROM PUBLIC;
GRANT CONNECT ON DATABASE campaign_crm TO crm_app;
GRANT TEMPORARY ON DATABASE campaign_crm TO crm_national, crm_scoped, crm_system;
SQL
