"""What people do with cases besides answering their tasks: file, change, withdraw, serve, watch, convene."""

from models.lifecycle import BOARD_NAMES, WITHDRAWABLE, Board, State
from models.permissions.actor import ALLOWED, Actor, Denied, Verdict
from models.roles import Role


def may_see_case(actor: Actor, applicant_id: int) -> Verdict:
    """Banks and guarantors see their own cases only; the door answers 404 to anyone else."""
    if actor.watches_all or applicant_id == actor.institution_id:
        return ALLOWED
    return Denied("没有找到这件案件。")


def may_file(actor: Actor, board: Board) -> Verdict:
    """Whether the actor may file loans and claims on a board for their institution."""
    if Role.FILER not in actor.roles or actor.files_board is None:
        return Denied("只有合作银行和政府性融担机构的申报经办可以提交备案和补偿申请。")
    if actor.files_board != board:
        return Denied(f"你单位在{BOARD_NAMES[actor.files_board]}申报，不能提交{BOARD_NAMES[board]}的贷款。")
    return ALLOWED


def may_prepare(actor: Actor) -> Verdict:
    """The home of those who file: whoever prepares or releases what their institution submits."""
    if actor.roles & {Role.FILER, Role.FILER_CHECKER} and actor.files_board is not None:
        return ALLOWED
    return Denied("只有合作银行和政府性融担机构的申报经办、申报复核可以使用这一页。")


def may_see_prepared(actor: Actor, institution_id: int) -> Verdict:
    """What waits for a checker is seen inside the institution only; the door answers 404 to anyone else."""
    if institution_id == actor.institution_id and may_prepare(actor):
        return ALLOWED
    return Denied("没有找到这份申报。")


def may_release(actor: Actor, prepared_by: int, maker: str) -> Verdict:
    """经办/复核: another person of the institution releases what one prepared, or returns it."""
    if Role.FILER_CHECKER not in actor.roles or actor.files_board is None:
        return Denied("由本单位的“申报复核”岗位放行或退回。")
    if actor.person_id == prepared_by:
        return Denied(f"这份申报是你（{maker}）经办的，须由本单位另一位复核人办理。")
    return ALLOWED


def may_backfill(actor: Actor, institution_id: int | None = None) -> Verdict:
    """Entering loans approved elsewhere for the institution that made them (补录): 受托管理机构 staff, never for
    their own unit. A permission of its own: it lets nobody file for themselves or review what they entered."""
    if Role.MANAGING_OFFICER not in actor.roles:
        return Denied("批量补录由受托管理机构的“项目审核”岗位办理；合作机构请用“批量备案”申报本单位的贷款。")
    if institution_id == actor.institution_id:
        return Denied("不能补录本单位的贷款，须由本单位申报经办备案，由另一机构审核。")
    return ALLOWED


def may_decide_loan_change(
    actor: Actor, managing_id: int, applicant_id: int, proposed_by: int, proposer: str
) -> Verdict:
    """四（二）: changes of a filed loan are reviewed by the 受托管理机构 of its filing, never by the unit itself."""
    if not actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD} or actor.institution_id == applicant_id:
        return Denied("贷款变更由与申报机构无关的受托管理机构审核。")
    if actor.institution_id != managing_id:
        return Denied("这笔贷款的备案由另一家受托管理机构办理，变更也由其审核。")
    if actor.person_id == proposed_by:
        return Denied(f"这项变更是你（{proposer}）登记的，须由另一人审核。")
    return ALLOWED


def may_see_loan_changes(actor: Actor) -> Verdict:
    """The list of changes that wait and were decided."""
    if actor.watches_all:
        return ALLOWED
    return Denied("变更登记的总表供审核各方使用；本单位贷款的变更在每笔贷款的页面查看和登记。")


def may_withdraw(actor: Actor, applicant_id: int, state: State) -> Verdict:
    """The applicant may withdraw until the city has decided."""
    if Role.FILER not in actor.roles or applicant_id != actor.institution_id:
        return Denied("只有申报机构自己可以撤回案件。")
    if state not in WITHDRAWABLE:
        return Denied("案件已经作出决定或已办结，不能再撤回。如有异议，请按决定书载明的渠道提出。")
    return ALLOWED


def may_register_objection(actor: Actor) -> Verdict:
    """Objections to a public notice are received by 市工信局."""
    if Role.BUREAU_OFFICER in actor.roles:
        return ALLOWED
    return Denied("公示异议由市工业和信息化局科室经办登记。")


def may_recalculate(actor: Actor) -> Verdict:
    """Ending a case's wait for room: it is calculated anew with what is left."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.BUREAU_LEADER}:
        return ALLOWED
    return Denied("待额度案件由市工信局科室经办或分管领导退回重新测算。")


def may_see_deliveries(actor: Actor) -> Verdict:
    """The record of everything sent to institutions, and sending something again."""
    if actor.watches_all:
        return ALLOWED
    return Denied("投递记录供受托管理机构、市工信局和市财政局使用；你单位收到的通知在“通知”里。")


def may_serve_by_phone(actor: Actor) -> Verdict:
    """电话送达 and 送达回证: whoever works on cases at a managing institution or at 市工信局."""
    if actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD, Role.BUREAU_OFFICER}:
        return ALLOWED
    return Denied("电话送达和送达回证由受托管理机构或市工信局的经办人员办理。")


def may_read_inbox(actor: Actor) -> Verdict:
    """The portal inbox of an applicant institution."""
    if actor.roles & {Role.FILER, Role.FILER_CHECKER}:
        return ALLOWED
    return Denied("收件箱供合作银行和政府性融担机构的申报经办、申报复核使用。")


def may_talk(actor: Actor) -> Verdict:
    """Comments, copies, nudges and following are for those who see every case."""
    if actor.watches_all:
        return ALLOWED
    return Denied("批注、抄送、关注供审核各方内部使用；需要补充说明请在补正或申请材料中提交。")


def may_resolve_incident(actor: Actor) -> Verdict:
    """Retrying a case that stopped with an error."""
    if actor.roles & {Role.ADMIN, Role.MANAGER}:
        return ALLOWED
    return Denied("异常案件由系统管理或统筹管理岗位重试。")


def may_manage(actor: Actor) -> Verdict:
    """The overview over all cases, incidents and retries."""
    if actor.roles & {Role.MANAGER, Role.ADMIN, Role.BUREAU_LEADER, Role.MANAGING_HEAD}:
        return ALLOWED
    return Denied("总览供统筹管理、分管领导和受托管理机构负责人使用。")


def may_see_meetings(actor: Actor) -> Verdict:
    """四（一）: sessions of the joint meeting, their agenda, votes and 纪要."""
    if actor.watches_all:
        return ALLOWED
    return Denied("联席会议的议程和纪要供联席会议成员、受托管理机构、市工信局和市财政局查看。")


def may_convene(actor: Actor) -> Verdict:
    """四（一）: 市工信局 convenes the meeting; its secretary records agenda, attendance and wording, never a vote."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.BUREAU_LEADER, Role.MANAGER}:
        return ALLOWED
    return Denied("联席会议由市工信局召集：议程、出席和纪要由科室经办、分管领导或统筹管理岗位登记。")
