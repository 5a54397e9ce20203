namespace LoraLint.Rules.Knowledge;

/// <summary>What another framework calls a setting.</summary>
/// <param name="Path">The path in the format asked for.</param>
/// <param name="TakesSameValue">Whether the value can stay as it is.</param>
/// <param name="UsedBy">The formats that have the written name, for messages.</param>
public sealed record Counterpart(string Path, bool TakesSameValue, IReadOnlyList<string> UsedBy);

/// <summary>Settings that most frameworks have under different names. The names were read from the key tables of each format.</summary>
public static class KeyConcepts
{
    // One line a setting: "format:path" for each format, "also:name" for names seen in the wild, "other" when the values differ in kind.
    private static readonly Concept[] s_concepts =
    [
        Same(
            "axolotl:lora_r trl:lora_r litgpt:lora_r llama-factory:lora_rank ms-swift:lora_rank peft:r torchtune:model.lora_rank "
            + "kohya:network_dim kohya-gui:network_dim loralint:adapter.rank nemo-automodel:peft.dim oumi:peft.lora_r "
            + "ludwig:adapter.r autotrain:params.lora_r h2o-llmstudio:training.lora_r also:rank also:network_rank"),
        Same(
            "axolotl:lora_alpha trl:lora_alpha litgpt:lora_alpha llama-factory:lora_alpha ms-swift:lora_alpha peft:lora_alpha "
            + "torchtune:model.lora_alpha kohya:network_alpha kohya-gui:network_alpha loralint:adapter.alpha "
            + "nemo-automodel:peft.alpha oumi:peft.lora_alpha ludwig:adapter.alpha autotrain:params.lora_alpha "
            + "h2o-llmstudio:training.lora_alpha also:alpha"),
        Same(
            "axolotl:lora_dropout trl:lora_dropout litgpt:lora_dropout llama-factory:lora_dropout ms-swift:lora_dropout "
            + "peft:lora_dropout torchtune:model.lora_dropout kohya:network_dropout kohya-gui:network_dropout "
            + "loralint:adapter.dropout nemo-automodel:peft.dropout oumi:peft.lora_dropout ludwig:adapter.dropout "
            + "autotrain:params.lora_dropout h2o-llmstudio:training.lora_dropout"),
        Same(
            "axolotl:lora_target_modules trl:lora_target_modules llama-factory:lora_target ms-swift:target_modules "
            + "peft:target_modules loralint:adapter.target_modules nemo-automodel:peft.target_modules oumi:peft.lora_target_modules "
            + "ludwig:adapter.target_modules autotrain:params.target_modules h2o-llmstudio:training.lora_target_modules "
            + "also:lora_target_module also:lora_modules also:target_module"),
        Other(
            "torchtune:model.lora_attn_modules axolotl:lora_target_modules trl:lora_target_modules llama-factory:lora_target "
            + "ms-swift:target_modules peft:target_modules"),
        Same(
            "axolotl:lora_modules_to_save trl:lora_modules_to_save llama-factory:additional_target ms-swift:modules_to_save "
            + "peft:modules_to_save loralint:adapter.modules_to_save oumi:peft.lora_modules_to_save ludwig:adapter.modules_to_save"),
        Same(
            "axolotl:peft_use_rslora trl:use_rslora llama-factory:use_rslora ms-swift:use_rslora peft:use_rslora "
            + "loralint:adapter.use_rslora ludwig:adapter.use_rslora h2o-llmstudio:training.use_rslora also:rslora"),
        Same(
            "axolotl:peft_use_dora trl:use_dora llama-factory:use_dora ms-swift:use_dora peft:use_dora torchtune:model.use_dora "
            + "nemo-automodel:peft.use_dora ludwig:adapter.use_dora h2o-llmstudio:training.use_dora"),
        Same("axolotl:peft_init_lora_weights ms-swift:init_weights peft:init_lora_weights"),
        Same("axolotl:peft_layers_to_transform peft:layers_to_transform loralint:adapter.layers"),
        Same(
            "axolotl:base_model trl:model_name_or_path llama-factory:model_name_or_path ms-swift:model mlx-lm:model "
            + "peft:base_model_name_or_path kohya:pretrained_model_name_or_path loralint:base_model oumi:model.model_name "
            + "ludwig:base_model autotrain:params.model h2o-llmstudio:llm_backbone"),
        Same(
            "axolotl:learning_rate trl:learning_rate llama-factory:learning_rate ms-swift:learning_rate mlx-lm:learning_rate "
            + "kohya:learning_rate torchtune:optimizer.lr litgpt:optimizer.init_args.lr loralint:training.learning_rate "
            + "nemo-automodel:optimizer.lr oumi:training.learning_rate ludwig:trainer.learning_rate autotrain:params.lr "
            + "h2o-llmstudio:training.learning_rate also:lr"),
        Same(
            "axolotl:num_epochs trl:num_train_epochs llama-factory:num_train_epochs ms-swift:num_train_epochs torchtune:epochs "
            + "litgpt:train.epochs kohya:max_train_epochs loralint:training.epochs nemo-automodel:step_scheduler.num_epochs "
            + "oumi:training.num_train_epochs ludwig:trainer.epochs autotrain:params.epochs h2o-llmstudio:training.epochs "
            + "also:num_epoch also:n_epochs"),
        Same(
            "axolotl:max_steps trl:max_steps llama-factory:max_steps ms-swift:max_steps mlx-lm:iters litgpt:train.max_steps "
            + "kohya:max_train_steps loralint:training.max_steps nemo-automodel:step_scheduler.max_steps oumi:training.max_steps"),
        Same(
            "axolotl:micro_batch_size trl:per_device_train_batch_size llama-factory:per_device_train_batch_size "
            + "ms-swift:per_device_train_batch_size mlx-lm:batch_size torchtune:batch_size litgpt:train.micro_batch_size "
            + "kohya:train_batch_size deepspeed:train_micro_batch_size_per_gpu loralint:training.micro_batch_size "
            + "nemo-automodel:step_scheduler.local_batch_size oumi:training.per_device_train_batch_size ludwig:trainer.batch_size "
            + "autotrain:params.batch_size h2o-llmstudio:training.batch_size"),
        Same(
            "axolotl:eval_batch_size trl:per_device_eval_batch_size llama-factory:per_device_eval_batch_size "
            + "ms-swift:per_device_eval_batch_size oumi:training.per_device_eval_batch_size ludwig:trainer.eval_batch_size"),
        Same(
            "axolotl:gradient_accumulation_steps trl:gradient_accumulation_steps llama-factory:gradient_accumulation_steps "
            + "ms-swift:gradient_accumulation_steps mlx-lm:grad_accumulation_steps torchtune:gradient_accumulation_steps "
            + "kohya:gradient_accumulation_steps deepspeed:gradient_accumulation_steps loralint:training.gradient_accumulation_steps "
            + "oumi:training.gradient_accumulation_steps ludwig:trainer.gradient_accumulation_steps "
            + "autotrain:params.gradient_accumulation h2o-llmstudio:training.grad_accumulation also:accumulation_steps "
            + "also:grad_accum_steps also:gradient_accumulation"),
        Same(
            "axolotl:lr_scheduler trl:lr_scheduler_type llama-factory:lr_scheduler_type ms-swift:lr_scheduler_type "
            + "kohya:lr_scheduler loralint:training.lr_scheduler oumi:training.lr_scheduler_type autotrain:params.scheduler"),
        Same(
            "axolotl:optimizer trl:optim llama-factory:optim ms-swift:optim oumi:training.optimizer autotrain:params.optimizer"),
        Other(
            "kohya:optimizer_type axolotl:optimizer trl:optim llama-factory:optim ms-swift:optim mlx-lm:optimizer "
            + "loralint:training.optimizer"),
        Same(
            "axolotl:sequence_len trl:max_length llama-factory:cutoff_len ms-swift:max_length mlx-lm:max_seq_length "
            + "torchtune:tokenizer.max_seq_len litgpt:train.max_seq_length loralint:data.max_sequence_length "
            + "oumi:model.model_max_length h2o-llmstudio:tokenizer.max_length also:max_seq_len also:seq_len also:sequence_length"),
        Same(
            "axolotl:sample_packing trl:packing llama-factory:packing ms-swift:packing loralint:data.packing "
            + "ludwig:trainer.packing"),
        Same(
            "axolotl:val_set_size llama-factory:val_size ms-swift:split_dataset_ratio loralint:data.validation_split "
            + "also:validation_split"),
        Same(
            "axolotl:gradient_checkpointing trl:gradient_checkpointing ms-swift:gradient_checkpointing mlx-lm:grad_checkpoint "
            + "torchtune:enable_activation_checkpointing kohya:gradient_checkpointing loralint:training.gradient_checkpointing "
            + "oumi:training.enable_gradient_checkpointing ludwig:trainer.enable_gradient_checkpointing "
            + "h2o-llmstudio:architecture.gradient_checkpointing"),
        Same(
            "axolotl:max_grad_norm trl:max_grad_norm llama-factory:max_grad_norm ms-swift:max_grad_norm torchtune:clip_grad_norm "
            + "litgpt:train.max_norm kohya:max_grad_norm deepspeed:gradient_clipping loralint:training.max_grad_norm "
            + "oumi:training.max_grad_norm autotrain:params.max_grad_norm h2o-llmstudio:training.gradient_clip"),
        Same(
            "axolotl:adam_epsilon trl:adam_epsilon llama-factory:adam_epsilon ms-swift:adam_epsilon loralint:training.epsilon "
            + "also:adam_eps"),
        Same(
            "axolotl:output_dir trl:output_dir llama-factory:output_dir ms-swift:output_dir litgpt:out_dir mlx-lm:adapter_path "
            + "kohya:output_dir loralint:output_dir oumi:training.output_dir h2o-llmstudio:output_directory"),
        Same(
            "axolotl:seed trl:seed llama-factory:seed ms-swift:seed loralint:training.seed oumi:training.seed "
            + "autotrain:params.seed h2o-llmstudio:environment.seed also:random_seed"),
        Other("axolotl:datasets trl:dataset_name llama-factory:dataset ms-swift:dataset mlx-lm:data kohya:train_data_dir"),
        Other(
            "axolotl:load_in_4bit trl:load_in_4bit llama-factory:quantization_bit ms-swift:quant_bits litgpt:quantize "
            + "loralint:quantization.bits"),
        Other(
            "axolotl:load_in_8bit trl:load_in_8bit llama-factory:quantization_bit ms-swift:quant_bits litgpt:quantize "
            + "loralint:quantization.bits"),
    ];

    /// <summary>Whether two names stand for one setting that takes the same values, whatever the frameworks.</summary>
    public static bool AreSame(string name, string other) =>
        s_concepts.Any(c => c.TakesSameValue && c.Names.ContainsKey(name) && c.Names.ContainsKey(other));

    /// <summary>
    /// The path of the setting in a format whose name elsewhere is <paramref name="name"/>; null when the name is no other framework's, or
    /// the format has no such setting.
    /// </summary>
    public static Counterpart? CounterpartOf(string format, string name)
    {
        foreach (var concept in s_concepts)
        {
            if (concept.Paths.TryGetValue(format, out var path) && LastPart(path) != name && concept.Names.TryGetValue(name, out var users))
                return new Counterpart(path, concept.TakesSameValue, users);
        }

        return null;
    }

    private static string LastPart(string path) => path.Substring(path.LastIndexOf('.') + 1);

    private static Concept Same(string line) => Concept.Read(line, true);

    private static Concept Other(string line) => Concept.Read(line, false);

    private sealed class Concept(Dictionary<string, string> paths, Dictionary<string, List<string>> names, bool takesSameValue)
    {
        public IReadOnlyDictionary<string, string> Paths { get; } = paths;

        public IReadOnlyDictionary<string, List<string>> Names { get; } = names;

        public bool TakesSameValue { get; } = takesSameValue;

        public static Concept Read(string line, bool takesSameValue)
        {
            var paths = new Dictionary<string, string>(StringComparer.Ordinal);
            var names = new Dictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var word in line.Split(' '))
            {
                var colon = word.IndexOf(':');
                var (format, path) = (word.Substring(0, colon), word.Substring(colon + 1));
                var name = LastPart(path);
                if (!names.TryGetValue(name, out var users))
                    names[name] = users = [];
                if (format == "also")
                    continue;
                paths[format] = path;
                users.Add(format);
            }

            return new Concept(paths, names, takesSameValue);
        }
    }
}
