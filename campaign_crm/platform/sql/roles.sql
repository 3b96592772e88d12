-- The database roles of Campaign CRM. Idempotent: run it as often as you like.
--
-- The embedded server runs it at every start. On a PostgreSQL of your own (15 or newer), once, as a superuser:
--     psql -d postgres -f campaign_crm/platform/sql/roles.sql
--     ALTER ROLE crm_owner PASSWORD '…';  ALTER ROLE crm_app PASSWORD '…';
--     CREATE DATABASE campaign_crm OWNER crm_owner ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
-- then DATABASE_URL logs in as crm_app and DATABASE_OWNER_URL as crm_owner.
--
-- crm_owner owns the tables and runs the migrations, nothing else. crm_app, the application, owns nothing and
-- inherits nothing: it takes crm_national, crm_scoped or crm_system at the start of every piece of work.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['crm_owner', 'crm_app', 'crm_national', 'crm_scoped', 'crm_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
    END LOOP;
END $$;

ALTER ROLE crm_owner LOGIN INHERIT NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE crm_app LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE crm_national NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE crm_scoped NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE crm_system NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- On PostgreSQL 16 and newer, whether a membership is inherited is fixed here from crm_app's NOINHERIT.
GRANT crm_national, crm_scoped, crm_system TO crm_app;
