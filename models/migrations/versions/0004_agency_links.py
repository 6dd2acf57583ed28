"""Links by e-mail for agencies without an API."""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Build."""
    op.create_table('agency_link',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('agency', sa.String(length=64), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_why', sa.String(length=16), nullable=True),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('digest')
    )
    op.create_index(op.f('ix_agency_link_referral_id'), 'agency_link', ['referral_id'], unique=False)
    op.create_index('uq_agency_link_sent', 'agency_link', ['referral_id', 'agency'], unique=True, postgresql_where=sa.text('ended_at IS NULL AND sent_at IS NOT NULL'))
    op.create_index('uq_agency_link_unsent', 'agency_link', ['referral_id', 'agency'], unique=True, postgresql_where=sa.text('ended_at IS NULL AND sent_at IS NULL'))
    op.create_index('ix_agency_link_expires', 'agency_link', ['expires_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_agency_link_ended', 'agency_link', ['ended_at'], unique=False, postgresql_where=sa.text('ended_at IS NOT NULL'))


def downgrade() -> None:
    """Take down; links that were sent open nothing any more."""
    op.drop_table('agency_link')
