"""Filing a list writes less: two indexes nobody asked are gone, and a word's grams are made once

Revision ID: 0039
Revises: 0038
Create Date: 2026-12-01 00:40:00
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# Firms are looked up by their code, which every loan has; rows of an import by the import.
UNASKED = {
    "ix_loans_enterprise_id": ("loans", "enterprise_id"),
    "ix_import_rows_case_id": ("import_rows", "case_id"),
}
# The same grams as before: sixteen loans of a filing say most of their words (有限公司, the letters of a code) again and again.
GRAMS = """
CREATE OR REPLACE FUNCTION search_grams(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    met text[] := '{{}}';
    grams text[] := '{{}}';
    run text;
BEGIN
    FOREACH run IN ARRAY string_to_array(regexp_replace(words, '[0-9 -]+', ' ', 'g'), ' ') LOOP
        CONTINUE WHEN run = ANY(met);
        met := met || run;
        grams := grams || string_to_array(run, NULL);
        FOR place IN 1 .. length(run) - 1 LOOP
            grams := grams || substr(run, place, 2);
        END LOOP;
    END LOOP;
    RETURN grams || {schema}.show_trgm(regexp_replace(words, '[^0-9]+', ' ', 'g'));
END $$
"""
GRAMS_BEFORE = """
CREATE OR REPLACE FUNCTION search_grams(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    letters text[] := string_to_array(regexp_replace(words, '[0-9 -]+', ' ', 'g'), NULL);
    pairs text[] := '{{}}';
    last text := ' ';
    one text;
BEGIN
    FOREACH one IN ARRAY letters LOOP
        IF one <> ' ' AND last <> ' ' THEN
            pairs := pairs || (last || one);
        END IF;
        last := one;
    END LOOP;
    RETURN array_remove(letters, ' ') || pairs || {schema}.show_trgm(regexp_replace(words, '[^0-9]+', ' ', 'g'));
END $$
"""


def upgrade() -> None:
    for index, (table, _) in UNASKED.items():
        op.drop_index(index, table)
    _grams(GRAMS)


def downgrade() -> None:
    _grams(GRAMS_BEFORE)
    for index, (table, column) in UNASKED.items():
        op.create_index(index, table, [column])


def _grams(function: str) -> None:
    """In the schema pg_trgm is in: a restored backup makes its indexes with no other to look in."""
    where = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"
    op.execute(function.format(schema=op.get_bind().exec_driver_sql(where).scalar_one()))
