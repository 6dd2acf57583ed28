"""Events of clients who were forgotten are marked: their ids go after their time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SETTLED = "fate IN ('applied', 'already_known', 'older', 'dropped')"
OVER = f"(forgotten OR journey_id IS NULL AND {SETTLED})"
TOLD = f"{SETTLED} AND data <> CAST('{{}}' AS jsonb)"


def upgrade() -> None:
    """Build; what came about somebody after she was forgotten, and is settled, is emptied."""
    op.add_column('inbox_event', sa.Column('forgotten', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.drop_index('ix_inbox_told_of_journey', table_name='inbox_event', postgresql_where=sa.text(TOLD))
    op.create_index('ix_inbox_settled_of_journey', 'inbox_event', ['journey_id'], unique=False, postgresql_where=sa.text(SETTLED))
    op.create_index('ix_inbox_over', 'inbox_event', ['received_at'], unique=False, postgresql_where=sa.text(OVER))
    op.execute(f"""
        UPDATE inbox_event SET forgotten = true, data = '{{}}'
        FROM journey JOIN client ON client.id = journey.client_id
        WHERE journey.id = inbox_event.journey_id AND client.forgotten_at IS NOT NULL AND {SETTLED}
    """)


def downgrade() -> None:
    """Take down; ids that are gone stay gone."""
    op.drop_index('ix_inbox_over', table_name='inbox_event', postgresql_where=sa.text(OVER))
    op.drop_index('ix_inbox_settled_of_journey', table_name='inbox_event', postgresql_where=sa.text(SETTLED))
    op.create_index('ix_inbox_told_of_journey', 'inbox_event', ['journey_id'], unique=False, postgresql_where=sa.text(TOLD))
    op.drop_column('inbox_event', 'forgotten')
