"""What a person may do. Pure: facts in, `Allowed` or `Denied` with a sentence out.

Every "no" names the reason, the earlier act where there is one, and who can do it instead.
"""

from dataclasses import dataclass, replace
from datetime import date

from models.gates import APPLICANT_ROLES, GATES, PARTY_NAMES, ROLE_NAMES, Role
from models.lifecycle import BOARD_NAMES, WITHDRAWABLE, Board, State


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone the person at the door stands in for today (被代理人)."""

    person_id: int
    name: str
    institution_id: int
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person at the door, as signed in."""

    person_id: int
    name: str
    institution_id: int
    roles: frozenset[Role]
    files_board: Board | None = None  # on which board their institution files
    stands_for: tuple[Principal, ...] = ()
    by_key: bool = False  # an institution's own system acts for them (接口)

    def as_stand_in(self, principal: Principal) -> "Actor":
        """The same person with the seat of the one they stand in for."""
        return Actor(self.person_id, self.name, principal.institution_id, principal.roles)

    @property
    def watches_all(self) -> bool:
        """City and managing staff see every case; banks and guarantors only their own."""
        return bool(self.roles - APPLICANT_ROLES)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """No, and why, in a sentence for the person."""

    sentence: str

    def __bool__(self) -> bool:
        return False


Verdict = Allowed | Denied
ALLOWED = Allowed()


@dataclass(frozen=True, slots=True)
class Seat:
    """The task someone wants to answer."""

    gate: str
    duty: str
    role: Role
    institution_id: int
    applicant_id: int
    assignee_id: int | None
    assignee_name: str = ""
    delegated: bool = False  # 委派: the holder gives advice, the answer stays with who asked for it


@dataclass(frozen=True, slots=True)
class Past:
    """What bars a person from a case: the duty they already performed in it, and a recusal (回避), as a reason."""

    duty: "EarlierDuty | None" = None
    recused: str = ""


@dataclass(frozen=True, slots=True)
class EarlierDuty:
    """What the person already did in this case."""

    duty: str
    gate: str
    on: date


def may_answer(actor: Actor, seat: Seat, past: Past) -> Verdict:
    """Whether the actor may answer this seat, given what they did before in the same case.

    The same institution must hold the seat, the role must fit, nobody performs two duties in one case,
    no unit reviews its own claim (受托管理机构 that also claims), and who keeps out of a firm or unit stays out.
    """
    barred = _wrong_seat(actor, seat) or _involved(past, seat) or _held(actor, seat)
    return Denied(barred) if barred else ALLOWED


def fits(actor: Actor, seat: Seat) -> bool:
    """Whether role and unit fit the seat, whatever else may bar the person."""
    return not _wrong_seat(actor, seat)


def _wrong_seat(actor: Actor, seat: Seat) -> str:
    """Why the seat is somebody else's to fill; "" if it is not."""
    gate = GATES[seat.gate]
    no = f"不能由你办理{gate.title}。"
    if seat.role not in actor.roles:
        return f"{no}这一环节由{PARTY_NAMES[gate.party]}的“{ROLE_NAMES[seat.role]}”岗位办理。"
    if seat.institution_id != actor.institution_id and gate.party.value != "meeting":
        return f"{no}这件任务属于另一机构的待办。"
    if seat.applicant_id == actor.institution_id and gate.party.value != "applicant":
        return f"{no}这是你单位自己的申请，须由与申报机构无关的单位办理。"
    return ""


def _involved(past: Past, seat: Seat) -> str:
    """Why the person must keep out of this case; "" if nothing is known."""
    gate, earlier = GATES[seat.gate], past.duty
    if earlier is not None and earlier.duty != seat.duty:
        done = GATES[earlier.gate].title if earlier.gate in GATES else "申报"
        when = f"{earlier.on.month}月{earlier.on.day}日"
        return f"不能由你办理{gate.title}。你在{when}办理过本案{done}；请由未参与本案的人办理。"
    if past.recused:
        return f"不能由你办理{gate.title}。你已登记回避（{past.recused}）；请由其他人办理。"
    return ""


def _held(actor: Actor, seat: Seat) -> str:
    """Who holds the task now; "" if it is free, or the person's own to answer."""
    if seat.assignee_id is not None and seat.assignee_id != actor.person_id:
        holder = seat.assignee_name or "另一位同事"
        if seat.delegated:
            return f"这件任务已委派{holder}提出意见；其回复或收回委派后再办理。"
        return f"这件任务已由{holder}认领；请等其释放或转办后再办理。"
    if seat.delegated:
        return "这件任务是委派给你提出意见的；请写明意见后交回，由委派人作出结论。"
    return ""


def may_answer_for(actor: Actor, principal: Principal, seat: Seat, own: Past, theirs: Past) -> Verdict:
    """代理: whether the actor may answer in place of `principal`. What bars either of the two bars both."""
    if seat.assignee_id == principal.person_id:
        seat = replace(seat, assignee_id=actor.person_id)
    if isinstance(verdict := may_answer(actor.as_stand_in(principal), seat, own), Denied):
        return verdict
    absent = Actor(principal.person_id, principal.name, principal.institution_id, principal.roles)
    if isinstance(verdict := may_answer(absent, replace(seat, assignee_id=None), theirs), Denied):
        gate = GATES[seat.gate]
        return Denied(f"不能代{principal.name}办理{gate.title}：{principal.name}本人也不得办理本案这一环节。")
    return ALLOWED


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


def may_manage(actor: Actor) -> Verdict:
    """The overview over all cases, incidents and retries."""
    if actor.roles & {Role.MANAGER, Role.ADMIN, Role.BUREAU_LEADER, Role.MANAGING_HEAD}:
        return ALLOWED
    return Denied("总览供统筹管理、分管领导和受托管理机构负责人使用。")


def may_resolve_incident(actor: Actor) -> Verdict:
    """Retrying a case that stopped with an error."""
    if actor.roles & {Role.ADMIN, Role.MANAGER}:
        return ALLOWED
    return Denied("异常案件由系统管理或统筹管理岗位重试。")


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


def may_see_limits(actor: Actor) -> Verdict:
    """The ledger shows every applicant's limits, so applicants do not read it."""
    if actor.watches_all:
        return ALLOWED
    return Denied("限额台账供受托管理机构、市工信局和市财政局使用。")


def may_read_inbox(actor: Actor) -> Verdict:
    """The portal inbox of an applicant institution."""
    if Role.FILER in actor.roles:
        return ALLOWED
    return Denied("收件箱供合作银行和政府性融担机构的申报经办使用。")


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


def may_manage_keys(actor: Actor, institution_id: int) -> Verdict:
    """The keys with which an institution's own system calls the API: its own administrator, or ours."""
    if Role.ADMIN in actor.roles:
        return ALLOWED
    if Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id:
        return ALLOWED
    return Denied("接口密钥由本单位的机构管理岗位或系统管理岗位管理。")


def may_manage_addresses(actor: Actor, institution_id: int) -> Verdict:
    """Where an institution is told: e-mail contacts and webhook endpoints. Its own administrator, or ours."""
    if Role.ADMIN in actor.roles:
        return ALLOWED
    if Role.INSTITUTION_ADMIN in actor.roles and actor.institution_id == institution_id:
        return ALLOWED
    return Denied("通知地址由本单位的机构管理岗位或系统管理岗位管理。")


def may_talk(actor: Actor) -> Verdict:
    """Comments, copies, nudges and following are for those who see every case."""
    if actor.watches_all:
        return ALLOWED
    return Denied("批注、抄送、关注供审核各方内部使用；需要补充说明请在补正或申请材料中提交。")


def may_arrange(actor: Actor, person_institution: int) -> Verdict:
    """Substitution, recusal and handover of others: administrators, and heads within their own unit."""
    heads = {Role.MANAGING_HEAD, Role.BUREAU_LEADER, Role.FINANCE_TREASURER}
    if Role.ADMIN in actor.roles or Role.MANAGER in actor.roles:
        return ALLOWED
    if actor.roles & heads and actor.institution_id == person_institution:
        return ALLOWED
    return Denied("代理、回避和移交由本人登记，或由本单位负责人、统筹管理、系统管理岗位办理。")
