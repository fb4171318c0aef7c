"""What the office keeps: white list, budget, rules, registers, templates, reports, keys and addresses."""

from models.permissions.actor import ALLOWED, Actor, Denied, Verdict
from models.roles import APPLICANT_ROLES, ROLE_NAMES, Role


def may_prepare_white_list(actor: Actor) -> Verdict:
    """三（二）: rounds are put together by 市工信局 or, after its 审核汇总, by a 受托管理机构."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.MANAGING_OFFICER}:
        return ALLOWED
    return Denied("白名单批次由市工信局科室经办或受托管理机构“项目审核”岗位登记。")


def may_publish_white_list(actor: Actor, prepared_by: int, preparer: str) -> Verdict:
    """Another person publishes; nobody who approves compensation (分管领导) maintains the list."""
    if not actor.roles & {Role.BUREAU_OFFICER, Role.MANAGER}:
        return Denied("白名单批次由市工信局科室经办或统筹管理岗位发布。")
    if actor.person_id == prepared_by:
        return Denied(f"这一批次是你（{preparer}）登记的，须由另一人核对后发布。")
    return ALLOWED


def may_remove_from_white_list(actor: Actor) -> Verdict:
    """移出 a single firm, for loans made from a day to come."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.MANAGER}:
        return ALLOWED
    return Denied("移出白名单由市工信局科室经办或统筹管理岗位登记。")


def may_confirm_removal(actor: Actor, proposed_by: int, proposer: str) -> Verdict:
    """Another person confirms a 移出, as with everything two people decide."""
    if not actor.roles & {Role.BUREAU_OFFICER, Role.MANAGER}:
        return Denied("移出白名单由市工信局科室经办或统筹管理岗位确认。")
    if actor.person_id == proposed_by:
        return Denied(f"这项移出是你（{proposer}）登记的，须由另一人核对后确认。")
    return ALLOWED


def may_draft_report(actor: Actor, code: str) -> Verdict:
    """四（一）: D34 quarterly by 受托管理机构 (“定期报送”), D35 annual by 市工信局."""
    if code == "D34" and actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}:
        return ALLOWED
    if code == "D35" and actor.roles & {Role.BUREAU_OFFICER, Role.BUREAU_LEADER}:
        return ALLOWED
    return Denied("季度运行情况报告由受托管理机构起草，年度工作报告由市工信局科室起草。")


def may_issue_report(actor: Actor, code: str, organ_id: int, proposed_by: int, drafter: str = "") -> Verdict:
    """A second person of the organ that signs: 审核负责人 for D34, 分管领导 for D35."""
    role = Role.MANAGING_HEAD if code == "D34" else Role.BUREAU_LEADER
    if role not in actor.roles or actor.institution_id != organ_id:
        return Denied(f"这份报告由起草单位的“{ROLE_NAMES[role]}”岗位审核签发。")
    if actor.person_id == proposed_by:
        return Denied(f"这份报告是你{f'（{drafter}）' if drafter else ''}起草的，须由另一人审核签发。")
    return ALLOWED


def may_see_budget(actor: Actor) -> Verdict:
    """Budget years and the line before them."""
    if actor.watches_all:
        return ALLOWED
    return Denied("年度预算供受托管理机构、市工信局和市财政局使用；你单位的限额在首页和“本行限额”里。")


def may_propose_budget(actor: Actor) -> Verdict:
    """三（一）: the money stands in 市工信局's budget; 市财政局 arranges it."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.FINANCE_OFFICER}:
        return ALLOWED
    return Denied("预算安排和调整由市工信局科室经办或市财政局资金审核岗位登记。")


def may_decide_budget(actor: Actor, proposed_by: int, proposer: str = "") -> Verdict:
    """A second person confirms or rejects what another has proposed."""
    if not actor.roles & {Role.BUREAU_LEADER, Role.FINANCE_OFFICER}:
        return Denied("预算变动由市财政局资金审核岗位或市工信局分管领导确认。")
    if actor.person_id == proposed_by:
        who = f"（{proposer}）" if proposer else ""
        return Denied(f"不能由你确认：这笔预算变动是你{who}登记的，须由另一人确认。")
    return ALLOWED


def may_see_limits(actor: Actor) -> Verdict:
    """The ledger shows every applicant's limits, so applicants do not read it."""
    if actor.watches_all:
        return ALLOWED
    return Denied("限额台账供受托管理机构、市工信局和市财政局使用。")


def may_read_rules(actor: Actor) -> Verdict:
    """政策参数 and 基准数据: everyone who works on cases for the city; the clauses bind applicants too."""
    if actor.watches_all:
        return ALLOWED
    return Denied("政策参数与基准数据供受托管理机构、市工信局、市财政局和联席会议成员查看。")


def may_propose_rules(actor: Actor) -> Verdict:
    """四（二）: 市工信局 “负责制定和执行贷款风险补偿实施细则”; whoever registers a resolution or a published figure."""
    if actor.roles & {Role.BUREAU_OFFICER, Role.MANAGER}:
        return ALLOWED
    return Denied("参数调整和基准数据由市工信局科室经办或统筹管理岗位登记。")


def may_confirm_rules(actor: Actor, proposed_by: int, proposer: str) -> Verdict:
    """A second person confirms what one person registered."""
    if not actor.roles & {Role.BUREAU_LEADER, Role.MANAGER}:
        return Denied("参数调整和基准数据由分管领导或统筹管理岗位确认。")
    if actor.person_id == proposed_by:
        return Denied(f"这一项是你（{proposer}）登记的，须由另一位分管领导或统筹管理人员确认。")
    return ALLOWED


def may_play_what_if(actor: Actor) -> Verdict:
    """政策推演 shows every institution's figures and plans of the city."""
    if Role.MANAGER in actor.roles:
        return ALLOWED
    return Denied("政策推演供统筹管理岗位使用。")


def may_see_registers(actor: Actor) -> Verdict:
    """The register of document numbers and the templates, with every organ's documents."""
    if actor.watches_all:
        return ALLOWED
    return Denied("文号登记和文书模板供受托管理机构、市工信局和市财政局使用。")


def may_ask_to_void(actor: Actor, organ_id: int) -> Verdict:
    """Whoever works at the organ that issued a document may ask that it becomes void."""
    if actor.watches_all and (actor.institution_id == organ_id or Role.MANAGER in actor.roles):
        return ALLOWED
    return Denied("只有出具单位的工作人员或统筹管理可以申请作废这份文书。")


def may_decide_void(actor: Actor, organ_id: int, asked_by: int) -> Verdict:
    """A person in charge at the issuing organ, or 统筹管理; never who asked."""
    in_charge = actor.roles & {Role.MANAGING_HEAD, Role.BUREAU_LEADER} and actor.institution_id == organ_id
    if not in_charge and Role.MANAGER not in actor.roles:
        return Denied("作废由出具单位的审核负责人、分管领导或统筹管理批准。")
    if actor.person_id == asked_by:
        return Denied("不能批准自己提出的作废申请，请由另一人办理。")
    return ALLOWED


def may_open_register(actor: Actor) -> Verdict:
    """An office's own people say how far its register had come before it was kept here."""
    if actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD, Role.BUREAU_OFFICER, Role.BUREAU_LEADER}:
        return ALLOWED
    return Denied("文号期初由出具单位（受托管理机构、市工信局）的经办或负责人登记。")


def may_decide_opening(actor: Actor, organ_id: int, proposed_by: int, proposer: str) -> Verdict:
    """A person in charge at the organ, or 统筹管理; never who registered it."""
    in_charge = actor.roles & {Role.MANAGING_HEAD, Role.BUREAU_LEADER} and actor.institution_id == organ_id
    if not in_charge and Role.MANAGER not in actor.roles:
        return Denied("文号期初由本单位的审核负责人、分管领导或统筹管理确认。")
    if actor.person_id == proposed_by:
        return Denied(f"这项期初是你（{proposer}）登记的，须由另一人核对后确认。")
    return ALLOWED


def may_change_templates(actor: Actor) -> Verdict:
    """Proposing and confirming the wording of documents."""
    if actor.roles & {Role.MANAGER, Role.ADMIN, Role.BUREAU_OFFICER, Role.BUREAU_LEADER, Role.MANAGING_HEAD}:
        return ALLOWED
    return Denied("文书模板由统筹管理、系统管理、市工信局科室和受托管理机构负责人维护。")


def may_confirm_template(actor: Actor, proposed_by: int | None) -> Verdict:
    """A second person decides about a changed wording."""
    if actor.roles & {Role.MANAGER, Role.BUREAU_LEADER, Role.MANAGING_HEAD} == set():
        return Denied("新模板由统筹管理、分管领导或受托管理机构负责人确认。")
    if actor.person_id == proposed_by:
        return Denied("不能确认自己上传的模板，请由另一人核对后确认。")
    return ALLOWED


def may_administer(actor: Actor) -> Verdict:
    """Demo clock, mailbox, accounts."""
    if Role.ADMIN in actor.roles:
        return ALLOWED
    return Denied("这一页供系统管理岗位使用。")


def _kept_by(actor: Actor, institution_id: int, what: str) -> Verdict:
    own = Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id
    if own or Role.ADMIN in actor.roles:
        return ALLOWED
    return Denied(f"{what}由本单位的机构管理岗位或系统管理岗位管理。")


def may_manage_keys(actor: Actor, institution_id: int) -> Verdict:
    """The keys with which an institution's own system calls the API: its own administrator, or ours."""
    return _kept_by(actor, institution_id, "接口密钥")


def may_manage_addresses(actor: Actor, institution_id: int) -> Verdict:
    """Where an institution is told: e-mail contacts and webhook endpoints. Its own administrator, or ours."""
    return _kept_by(actor, institution_id, "通知地址")


def may_arrange(actor: Actor, person_institution: int) -> Verdict:
    """Substitution, recusal and handover of others: administrators, and heads within their own unit."""
    heads = {Role.MANAGING_HEAD, Role.BUREAU_LEADER, Role.FINANCE_TREASURER}
    if Role.ADMIN in actor.roles or Role.MANAGER in actor.roles:
        return ALLOWED
    if actor.roles & heads and actor.institution_id == person_institution:
        return ALLOWED
    return Denied("代理、回避和移交由本人登记，或由本单位负责人、统筹管理、系统管理岗位办理。")


def may_manage_people(actor: Actor, institution_id: int) -> Verdict:
    """Accounts of an institution: its own administrator, or ours (everyone's)."""
    return _kept_by(actor, institution_id, "人员")


def may_require_checker(actor: Actor, institution_id: int) -> Verdict:
    """Whether an institution works by 经办/复核 is its own decision."""
    if Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id:
        return ALLOWED
    return Denied("申报复核由本单位的机构管理岗位启用或停用。")


_ROLES_AT: dict[str, frozenset[Role]] = {
    "bank": APPLICANT_ROLES,
    "guarantor": APPLICANT_ROLES,
    "managing": APPLICANT_ROLES | {Role.MANAGING_OFFICER, Role.MANAGING_HEAD, Role.ADMIN},
    "bureau": frozenset(
        {
            Role.BUREAU_OFFICER,
            Role.BUREAU_LEADER,
            Role.MEETING_MEMBER,
            Role.MANAGER,
            Role.ADMIN,
            Role.INSTITUTION_ADMIN,
        }
    ),
    "finance": frozenset(
        {Role.FINANCE_OFFICER, Role.FINANCE_TREASURER, Role.MEETING_MEMBER, Role.INSTITUTION_ADMIN}
    ),
    "member": frozenset({Role.MEETING_MEMBER, Role.INSTITUTION_ADMIN}),
}
"""Which roles there are at an institution of each kind (`models.records.institution.Kind`)."""
ALONE = frozenset({Role.ADMIN})
"""管理用户权限分离: who keeps the system's accounts takes no part in cases."""


def roles_offered(actor: Actor, kind: str, files: bool) -> tuple[Role, ...]:
    """The roles the actor may give people of an institution of this kind; `files`: whether it files on a board.

    An institution's own administrator gives the roles of those who file; reviewing roles are given by ours.
    """
    found = _ROLES_AT[kind] - (frozenset() if files else {Role.FILER, Role.FILER_CHECKER})
    if Role.ADMIN not in actor.roles:
        found &= APPLICANT_ROLES
    return tuple(role for role in Role if role in found)
