"""``[ml_settings]``, ``[rl_settings]``, ``[offline_rl_settings]``, ``[dataset_logging_settings]``.

Most of these are for FUSION's training programs and have no influence on a simulation.
"""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import Flag, Integer, Kind, Number, Path, Text
from fusion_jupyter.config.schema.option import (
    COMMON,
    NOTHING,
    ORCHESTRATOR,
    OUTPUT,
    RESULT,
    TRAINING,
    Option,
    Rule,
    Section,
)

_MACHINE_LEARNING = "Machine learning"
_REINFORCEMENT = "Reinforcement learning"
_DATA = "Training data"

_COUNT = Integer(optional=True)
_NUMBER = Number(optional=True)


def _training(
    name: str, kind: Kind, description: str, default: str, group: str = _REINFORCEMENT
) -> Option:
    return Option(
        name,
        kind,
        description,
        group=group,
        default=default,
        fusion=Rule(TRAINING),
        embedded=Rule(NOTHING),
    )


def _offline(name: str, kind: Kind, description: str, missing: str, tried: str = "") -> Option:
    return Option(
        name,
        kind,
        description,
        group=_REINFORCEMENT,
        missing=missing,
        fusion=Rule(ORCHESTRATOR, tried=tried),
        embedded=Rule(NOTHING),
    )


MACHINE_LEARNING = Section(
    "ml_settings",
    Option(
        "deploy_model",
        Flag(),
        "Let a trained model choose the number of slices.",
        group=_MACHINE_LEARNING,
        default="False",
        fusion=Rule(
            RESULT,
            only=(False,),
            why="FUSION looks for the model below the run's own folder, where there is none",
            tried="True ends in an error",
        ),
        embedded=Rule(RESULT, only=(False,)),
    ),
    Option(
        "output_train_data",
        Flag(),
        "Write training data of each request that is carried.",
        group=_MACHINE_LEARNING,
        default="False",
        fusion=Rule(OUTPUT, tried="True runs"),
        embedded=Rule(OUTPUT, only=(False,)),
    ),
    _training("ml_training", Flag(), "Train a model.", "False", _MACHINE_LEARNING),
    _training(
        "ml_model",
        Text(
            "knn",
            "logistic_regression",
            "decision_tree",
            "random_forest",
            "mlp",
            "svm",
            optional=True,
        ),
        "Kind of model to train or to use.",
        "None",
        _MACHINE_LEARNING,
    ),
    _training(
        "train_file_path",
        Path(optional=True),
        "Folder of training data below FUSION's data/output.",
        "None",
        _MACHINE_LEARNING,
    ),
    _training(
        "test_size",
        Number(at_least=0, at_most=1, optional=True),
        "Share of the training data that is kept for testing.",
        "0.3",
        _MACHINE_LEARNING,
    ),
)

REINFORCEMENT = Section(
    "rl_settings",
    Option(
        "is_training",
        Flag(),
        "Whether an agent is trained. In a simulation True switches the early stop off.",
        group=_REINFORCEMENT,
        importance=COMMON,
        default="False",
        fusion=Rule(RESULT, tried="True runs; means and intervals are then missing in the output"),
        embedded=Rule(RESULT),
    ),
    _training("obs_space", Text(), "Observation that the agent sees.", "obs_3"),
    _training("n_trials", _COUNT, "Trials of an experiment.", "1"),
    _training("device", Text("cpu", "cuda", "auto"), "Device for the agent's networks.", "cpu"),
    _training("optimize_hyperparameters", Flag(), "Search hyperparameters with Optuna.", "False"),
    _training("optuna_trials", _COUNT, "Trials of that search.", "1"),
    _training(
        "path_algorithm",
        Text("dqn", "ppo", "a2c", "q_learning", "epsilon_greedy_bandit", "ucb_bandit", "first_fit"),
        "Learning algorithm for the path.",
        "dqn",
    ),
    _training("path_model", Text(optional=True), "Trained model for the path.", "None"),
    _training("core_algorithm", Text(), "Algorithm for the core.", "first_fit"),
    _training("core_model", Text(optional=True), "Trained model for the core.", "None"),
    _training("spectrum_algorithm", Text(), "Algorithm for the spectrum.", "first_fit"),
    _training("spectrum_model", Text(optional=True), "Trained model for the spectrum.", "None"),
    _training("render_mode", Text(optional=True), "How the environment is shown.", "None"),
    _training("super_channel_space", _COUNT, "Super-channels that the agent chooses from.", "3"),
    _training("alpha_start", _NUMBER, "Learning rate at the start.", "0.000215"),
    _training("alpha_end", _NUMBER, "Learning rate at the end.", "0.000215"),
    _training(
        "alpha_update",
        Text("linear_decay", "exp_decay"),
        "How the learning rate falls.",
        "linear_decay",
    ),
    _training("gamma", _NUMBER, "Discount of future rewards.", "0.1"),
    _training("epsilon_start", _NUMBER, "Share of random actions at the start.", "0.01"),
    _training("epsilon_end", _NUMBER, "Share of random actions at the end.", "0.01"),
    _training(
        "epsilon_update",
        Text("linear_decay", "exp_decay"),
        "How the share of random actions falls.",
        "exp_decay",
    ),
    _training("path_levels", _COUNT, "Levels of a path's congestion in the state.", "2"),
    _training("decay_rate", _NUMBER, "Rate of an exponential decay.", "0.4"),
    _training(
        "feature_extractor",
        Text("path_gnn", "graphormer"),
        "Neural network that reads the observation.",
        "path_gnn",
    ),
    _training(
        "gnn_type",
        Text("graph_conv", "gat", "sage", "gcn"),
        "Kind of graph convolution.",
        "graph_conv",
    ),
    _training("layers", _COUNT, "Layers of the neural network.", "2"),
    _training("emb_dim", _COUNT, "Width of its embedding.", "64"),
    _training("heads", _COUNT, "Its attention heads.", "4"),
    _training(
        "conf_param", _COUNT, "Exploration parameter of the upper-confidence-bound bandit.", "2"
    ),
    _training("cong_cutoff", _NUMBER, "Congestion above which a path counts as congested.", "0.9"),
    _training("reward", _COUNT, "Reward for a request that is carried.", "1"),
    _training("penalty", _COUNT, "Reward for a request that is blocked.", "-10"),
    _training("dynamic_reward", Flag(), "Scale the reward by the state of the network.", "False"),
    _training("core_beta", _NUMBER, "Exponent of the core's reward.", "0.1"),
)

OFFLINE_REINFORCEMENT = Section(
    "offline_rl_settings",
    _offline(
        "policy_type",
        Text("ksp_ff", "one_plus_one", "bc", "iql"),
        "Policy of an agent that was trained offline.",
        "ksp_ff",
        "ksp_ff and bc run",
    ),
    _offline(
        "fallback_policy",
        Text("ksp_ff", "one_plus_one"),
        "Policy used if that one finds nothing.",
        "ksp_ff",
    ),
    _offline("device", Text("cpu", "cuda", "mps"), "Device for that agent.", "cpu"),
)

DATA_SETS = Section(
    "dataset_logging_settings",
    Option(
        "log_offline_dataset",
        Flag(),
        "Write state, action and reward of each request.",
        group=_DATA,
        missing="False",
        fusion=Rule(OUTPUT, tried="True runs, blocking is the same"),
        embedded=Rule(OUTPUT, only=(False,)),
    ),
    Option(
        "dataset_output_path",
        Path(optional=True),
        "Meant as the file of that data; a simulation does not read it.",
        group=_DATA,
        fusion=Rule(NOTHING),
        embedded=Rule(NOTHING),
    ),
    Option(
        "epsilon_mix",
        _NUMBER,
        "Meant as the share of random actions in that data; a simulation does not read it.",
        group=_DATA,
        fusion=Rule(NOTHING),
        embedded=Rule(NOTHING),
    ),
)
