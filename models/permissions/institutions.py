"""机构名录: who registers what about an institution, and who confirms it."""

from models.permissions.actor import ALLOWED, Actor, Denied, Verdict
from models.roles import Role

KEEPERS = frozenset({Role.ADMIN, Role.MANAGER, Role.BUREAU_OFFICER})
TREASURY = frozenset({Role.FINANCE_OFFICER, Role.FINANCE_TREASURER})


def may_see_institutions(actor: Actor) -> Verdict:
    """The register: everyone who works on cases for the city, and the system's administrator."""
    if actor.watches_all:
        return ALLOWED
    return Denied("机构名录供受托管理机构、市工信局和市财政局使用；本单位的登记在“机构”里查看。")


def may_see_institution(actor: Actor, institution_id: int) -> Verdict:
    """One entry: the same people, and the institution's own administrator; the door answers 404 to anyone else."""
    own = Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id
    return ALLOWED if own or actor.watches_all else Denied("没有找到这个机构。")


def may_enroll(actor: Actor) -> Verdict:
    """三、四: cooperating institutions are taken in by 市工信局; the system's administrator may type it."""
    if actor.roles & KEEPERS:
        return ALLOWED
    return Denied("新机构、名称、分担比例和合作状态由市工信局科室经办、统筹管理或系统管理岗位登记。")


def may_change_reach(actor: Actor, institution_id: int) -> Verdict:
    """Payee account and contact: also the institution's own administrator, and 市财政局 for itself."""
    if Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id:
        return ALLOWED
    if actor.roles & TREASURY and actor.institution_id == institution_id:
        return ALLOWED
    if may_enroll(actor):
        return ALLOWED
    return Denied(
        "收款账户和联系方式由本单位的机构管理岗位（市财政局由资金审核、国库拨付岗位）或市工信局登记。"
    )


def may_confirm_institution(actor: Actor, proposed_by: int, proposer: str) -> Verdict:
    """A second person confirms; 市财政局 confirms as well, because money goes to these accounts."""
    if not actor.roles & (KEEPERS | TREASURY | {Role.BUREAU_LEADER}):
        return Denied("机构登记由市工信局、市财政局或系统管理岗位的另一人确认。")
    if actor.person_id == proposed_by:
        return Denied(f"这项登记是你（{proposer}）提交的，须由另一人核对后确认。")
    return ALLOWED
