"""Templates by version, voids, downloads; what was issued cannot be changed

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-23 13:00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GUARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: rows are kept as they are (% refused)', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Stored bytes are named by their hash: other bytes are another row.
CREATE TRIGGER blobs_never_change BEFORE UPDATE OR DELETE ON blobs
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER blobs_never_emptied BEFORE TRUNCATE ON blobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An issued document changes in one way only: out of force, once.
CREATE FUNCTION keep_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
        RAISE EXCEPTION 'document %: what was issued cannot be changed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state = 'void' OR NEW.state = 'issued') THEN
        RAISE EXCEPTION 'document %: % does not become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'void' AND OLD.state <> 'void' AND NOT EXISTS (
        SELECT FROM document_voids WHERE document_id = OLD.id AND approved
    ) THEN
        RAISE EXCEPTION 'document %: nobody approved that it is void', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER documents_are_kept BEFORE UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION keep_document();
CREATE TRIGGER documents_never_deleted BEFORE DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_never_emptied BEFORE TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Numbers follow one another.
CREATE FUNCTION keep_counting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last <> 1 OR TG_OP = 'UPDATE' AND (
        NEW.last <> OLD.last + 1
        OR (NEW.organ_id, NEW.word, NEW.year) IS DISTINCT FROM (OLD.organ_id, OLD.word, OLD.year)
    ) THEN
        RAISE EXCEPTION 'number_counters: numbers follow one another'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER numbers_follow_one_another BEFORE INSERT OR UPDATE ON number_counters
    FOR EACH ROW EXECUTE FUNCTION keep_counting();
CREATE TRIGGER numbers_never_deleted BEFORE DELETE ON number_counters
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER numbers_never_emptied BEFORE TRUNCATE ON number_counters
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A template version keeps its bytes; only its standing is decided, once.
CREATE FUNCTION keep_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'proposed'
       OR (NEW.code, NEW.version, NEW.sha256, NEW.proposed_by, NEW.note)
          IS DISTINCT FROM (OLD.code, OLD.version, OLD.sha256, OLD.proposed_by, OLD.note) THEN
        RAISE EXCEPTION 'template % version %: decided versions cannot be changed', OLD.code, OLD.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER templates_are_kept BEFORE UPDATE ON document_templates
    FOR EACH ROW EXECUTE FUNCTION keep_template();
CREATE TRIGGER templates_never_deleted BEFORE DELETE ON document_templates
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "document_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'confirmed', 'declined')", name="state_is_known"),
        sa.CheckConstraint(
            "state <> 'confirmed' OR effective_on IS NOT NULL AND (shipped OR confirmed_by <> proposed_by)",
            name="confirmed_by_another",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["confirmed_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "version"),
    )
    op.create_index(
        "uq_document_templates_open",
        "document_templates",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.add_column("documents", sa.Column("template_version", sa.Integer(), nullable=True))
    op.create_foreign_key(
        None,
        "documents",
        "document_templates",
        ["code", "template_version"],
        ["code", "version"],
    )
    op.create_table(
        "document_voids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        sa.CheckConstraint(
            "(approved IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_as_a_whole",
        ),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.ForeignKeyConstraint(["requested_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_document_voids_open",
        "document_voids",
        ["document_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("case_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applicant", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=500), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state_is_known"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exports_person_id", "exports", ["person_id"])
    op.create_index("ix_exports_state", "exports", ["state"])
    op.create_table(
        "export_pieces",
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"]),
        sa.PrimaryKeyConstraint("export_id", "ordinal"),
    )
    op.execute(GUARDS)


def downgrade() -> None:
    raise RuntimeError("Issued documents are never thrown away: restore a backup instead of going back.")
